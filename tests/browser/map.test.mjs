// The map in a real browser: what it draws, what a click says, and that it can be used by anybody.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { DESK, PHONE, browse, clickAt, drawn, json, rendered, serve, sideways, text, watch } from "./site.mjs";

const AN_MINH = "99001";
const BEN_LUA = "99002";
const STREET = "#17/20.85255/106.40555";

let site, browser;
before(async () => {
  site = await serve();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

/** Opens the map, waits until it is drawn, hands it to `use`, and expects no fault of any kind. */
async function onMap(hash, use, { faults: allowed = false, ...options } = {}) {
  const context = await browser.newContext({ viewport: DESK, reducedMotion: "reduce", ...options });
  try {
    const page = await context.newPage();
    const faults = watch(page, site.origin);
    await page.goto(`${site.origin}/ban-do/${hash}`);
    await drawn(page);
    await use(page);
    if (!allowed) assert.deepEqual(faults, []);
  } finally {
    await context.close();
  }
}

const labelPoint = async (commune, sheet, number) => (await json(`site/search/to/${commune}/${sheet}.json`)).points[number];

/** What the panel says: its heading, its terms, its price rows and its links. */
async function panelOf(page) {
  await page.locator("#chi-tiet h2").waitFor();
  return page.evaluate(() => {
    const detail = document.getElementById("chi-tiet");
    const terms = [...detail.querySelector("dl").querySelectorAll("dt")];
    return {
      heading: detail.querySelector("h2").textContent,
      facts: Object.fromEntries(terms.map((term) => [term.textContent, term.nextElementSibling.textContent])),
      prices: [...detail.querySelectorAll("tbody tr")].map((row) => ({
        row: new URL(row.querySelector("a").href).hash.slice(2),
        figures: [...row.querySelectorAll("td")].map((cell) => cell.textContent),
      })),
      links: [...detail.querySelectorAll(".links a")].map((link) => link.getAttribute("href")),
    };
  });
}

/** The parcel's row on its sheet's page, and the decision at the page's head: what was published as text. */
async function published(commune, sheet, number) {
  const html = await text(`site/thua-dat/${commune}/${sheet}/index.html`);
  const row = new RegExp(`<tr id="${number}"><th scope="row">${number}</th>(.*?)</tr>`, "s").exec(html)[1];
  const [, area] = /<td class="figure">([\d.,]+)<\/td>/.exec(row);
  const [, code, landUse] = /<b>([A-Z+]+)<\/b> ([^<]+)<\/td>/.exec(row);
  const [, decision] = /<dl class="decision">.*?<strong[^>]*>([^<]+)<\/strong>/s.exec(html);
  return { area, code, landUse, decision };
}

/** Rows of the price page: row number -> figures by position, as printed. */
async function pricesOf(file) {
  const html = await text(file);
  const rows = [...html.matchAll(/<tr id="r(\d+)">(.*?)<\/tr>/gs)];
  return new Map(rows.map(([, row, cells]) => [row, [...cells.matchAll(/<td class="figure">(?:<data value="\d+">)?([\d.,]*)(?:<\/data>)?<\/td>/g)].map((cell) => cell[1])]));
}

/** Share of the pixels of a rectangle of the screen that differ from its first one. */
async function inked(page, clip) {
  const picture = (await page.screenshot({ clip })).toString("base64");
  const blank = await browser.newPage();
  try {
    return await blank.evaluate(async (picture) => {
      const image = new Image();
      image.src = `data:image/png;base64,${picture}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.width, image.height];
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
      return pixels.filter((pixel) => pixel !== pixels[0]).length / pixels.length;
    }, picture);
  } finally {
    await blank.close();
  }
}

describe("drawing", () => {
  test("the map draws parcels, their land use and their numbers at a street's zoom", () =>
    onMap("#16/20.85/106.4", async (page) => {
      for (const layer of ["thua-dat-nen", "thua-dat-vien", "thua-dat-nhan", "duong"]) {
        assert.ok((await rendered(page, layer)) > 20, layer);
      }
    }));

  test("no part of the map is left paper, whatever stands over it", async () => {
    const quarter = (box, i) => ({
      x: Math.round(box.x + ((i % 4) * box.width) / 4),
      y: Math.round(box.y + (Math.floor(i / 4) * box.height) / 4),
      width: Math.floor(box.width / 4),
      height: Math.floor(box.height / 4),
    });
    for (const [viewport, hash] of [[DESK, "#16/20.85/106.4"], [PHONE, "#16/20.85/106.4"], [PHONE, "#thua=99001-5-12"]]) {
      await onMap(hash, async (page) => {
        if (hash.includes("thua")) await page.locator("#chi-tiet h2").waitFor();
        await drawn(page);
        const frame = await page.locator("#ban-do").boundingBox();
        const panel = await page.locator("#bang").boundingBox();
        const bottom = viewport === PHONE ? panel.y : frame.y + frame.height;
        const free = { ...frame, height: bottom - frame.y };
        for (let i = 0; i < 16; i += 1) assert.ok((await inked(page, quarter(free, i))) > 0.01, `${hash} ${viewport.width}, part ${i}`);
      }, { viewport });
    }
  });

  test("below the parcels' zooms the dissolved land use is drawn", () =>
    onMap("#13/20.85/106.4", async (page) => {
      assert.ok((await rendered(page, "su-dung-dat")) > 50);
      assert.equal(await rendered(page, "thua-dat-nen"), 0);
    }));

  test("map sheets show their numbers until parcels show theirs", async () => {
    await onMap("#14/20.85/106.4", async (page) => assert.ok((await rendered(page, "to-ban-do-nhan")) > 5));
    await onMap("#16/20.85/106.4", async (page) => assert.equal(await rendered(page, "to-ban-do-nhan"), 0));
  });

  test("in the dark scheme the ground is dark and the parcels are drawn", () =>
    onMap("#16/20.85/106.4", async (page) => {
      assert.ok((await rendered(page, "thua-dat-nen")) > 20);
      assert.equal(await page.evaluate(() => window.congboMap.getPaintProperty("nen", "background-color")), "#151514");
      await page.emulateMedia({ colorScheme: "light" });
      await page.waitForFunction(() => window.congboMap.getPaintProperty("nen", "background-color") === "#FBFAF6");
      await drawn(page);
      assert.ok((await rendered(page, "thua-dat-nen")) > 20, "the light style follows at once");
    }, { colorScheme: "dark" }));

  test("the source of the data and the scale are readable on the map", () =>
    onMap(STREET, async (page) => {
      const source = await page.locator(".attribution").innerText();
      assert.match(source, /Nguồn: .*01\/2026\/QĐ-UBND.*02\/2026\/QĐ-UBND/s);
      assert.match(await page.locator(".maplibregl-ctrl-scale").innerText(), /^\d+\sm$/);
      // By PROJ with the seven parameters of Decision 05/2007: 594039.91, 2306895.03 in the zone of 105°30′.
      const [grid, degrees] = (await page.locator(".coordinates").innerText()).split("\n");
      assert.equal(grid, "VN-2000 105°30′: X 2.306.895,0 · Y 594.039,9");
      assert.equal(degrees, "WGS 84: 20,85255° B, 106,40555° Đ");
    }));
});

describe("choosing a parcel", () => {
  for (const [commune, name, sheet, number] of [
    [AN_MINH, "Xã An Minh", "5", "12"],
    [BEN_LUA, "Phường Bến Lụa", "5", "12"],
  ]) {
    test(`a click on parcel ${sheet}-${number} of ${name} says exactly what its sheet says`, async () => {
      const [lon, lat] = await labelPoint(commune, sheet, number);
      await onMap(`#18/${lat}/${lon}`, async (page) => {
        await clickAt(page, [lon, lat]);
        const panel = await panelOf(page);
        const fact = await published(commune, sheet, number);
        assert.equal(panel.heading, `Thửa đất số ${number}, tờ bản đồ số ${sheet}`);
        assert.equal(panel.facts["Xã, phường"], name);
        assert.equal(panel.facts["Diện tích"], `${fact.area} m²`);
        assert.equal(panel.facts["Loại đất"], `${fact.code}: ${fact.landUse}`);
        assert.ok(panel.facts["Quyết định"].startsWith(`${fact.decision}, `));
        assert.ok(panel.links.includes(`/thua-dat/${commune}/${sheet}/#${number}`));
        assert.ok((await page.evaluate(() => location.hash)).endsWith(`&thua=${commune}-${sheet}-${number}`));

        const prices = await pricesOf(`site${panel.links.find((link) => link.startsWith("/bang-gia-dat/"))}index.html`);
        assert.ok(panel.prices.length > 0, "there are price rows");
        for (const { row, figures } of panel.prices) assert.deepEqual(figures, prices.get(row).slice(0, figures.length), `row ${row}`);
      });
    });
  }

  test("the address of a chosen parcel opens it again", async () => {
    const [lon, lat] = await labelPoint(BEN_LUA, "5", "12");
    let address;
    await onMap(`#18/${lat}/${lon}`, async (page) => {
      await clickAt(page, [lon, lat]);
      await panelOf(page);
      address = await page.evaluate(() => location.hash);
    });
    await onMap(address, async (page) => {
      const panel = await panelOf(page);
      assert.equal(panel.heading, "Thửa đất số 12, tờ bản đồ số 5");
      assert.equal(panel.facts["Diện tích"], `${(await published(BEN_LUA, "5", "12")).area} m²`);
      assert.equal(await page.evaluate(() => location.hash), address);
    });
  });

  test("each row of a former district's table says in the panel which district it is of, as on the price page", async () => {
    const { files } = await json("manifest.json");
    const sheets = files.map((file) => file.path).filter((path) => path.startsWith(`site/thua-dat/${AN_MINH}/`) && path.endsWith("/thua.json"));
    const found = await sheets.reduce(async (before, path) => {
      const { sheet, parcels } = await json(path);
      return (await before) ?? parcels.map((parcel) => ({ sheet, ...parcel })).find((parcel) => parcel.land_use === "CLN");
    }, null);
    await onMap(`#thua=${AN_MINH}-${found.sheet}-${found.number}`, async (page) => {
      const { links } = await panelOf(page);
      const rows = await page.locator("#chi-tiet tbody tr").evaluateAll((rows) =>
        rows.map((row) => [new URL(row.querySelector("a").href).hash.slice(1), row.querySelector(".old-area")?.textContent.trim() ?? null]),
      );
      const areas = rows.filter(([, area]) => area);
      assert.deepEqual(areas.map(([, area]) => area), ["huyện Minh Đông (cũ)", "huyện Minh Tây (cũ)", "thị xã Minh Trung (cũ)"]);
      const html = await text(`site${links.find((link) => link.startsWith("/bang-gia-dat/"))}index.html`);
      for (const [row, area] of areas) {
        assert.match(html, new RegExp(`<tr id="${row}">(?:(?!</tr>).)*<td[^>]*>${area.replace(/[()]/g, "\\$&")}</td>`, "s"), row);
      }
    });
  });

  test("an edited address moves the map", () =>
    onMap(STREET, async (page) => {
      await page.evaluate(() => (location.hash = "#16/20.8490/106.3950"));
      await drawn(page);
      assert.deepEqual(await page.evaluate(() => window.congboMap.getCenter().toArray().map((n) => n.toFixed(4))), ["106.3950", "20.8490"]);
    }));

  test("a parcel that is not published is said to be missing", () =>
    onMap("#thua=99001-5-99999", async (page) => {
      await page.getByText("Không tìm thấy thửa 99001-5-99999 trong dữ liệu đang công bố.").waitFor();
    }));
});

describe("searching", () => {
  const search = async (page, words) => {
    await page.locator("#tim").fill(words);
    await page.keyboard.press("Enter");
    await page.locator("#ket-qua-tim .results").waitFor();
    return page.locator("#ket-qua-tim li").allInnerTexts();
  };

  test("“tờ 5 thửa 12” offers both communes", () =>
    onMap("", async (page) => {
      const hits = (await search(page, "tờ 5 thửa 12")).filter((hit) => hit.includes("Thửa đất số 12, tờ bản đồ số 5"));
      assert.equal(hits.length, 2);
      assert.ok(hits.some((hit) => hit.includes("Xã An Minh")) && hits.some((hit) => hit.includes("Phường Bến Lụa")));
      await page.locator("#ket-qua-tim li", { hasText: "Phường Bến Lụa" }).locator("a.first").first().click();
      assert.equal((await panelOf(page)).facts["Xã, phường"], "Phường Bến Lụa");
    }));

  test("“to 5 thua 12 an minh”, without tones, finds the parcel of An Minh alone", () =>
    onMap("", async (page) => {
      const hits = await search(page, "to 5 thua 12 an minh");
      assert.match(hits[0], /^Thửa đất số 12, tờ bản đồ số 5\s*Xã An Minh/);
      assert.ok(hits.every((hit) => hit.includes("Xã An Minh")), hits.join(" | "));
    }));

  test("a road is found by its name without tones, and its frame is shown", () =>
    onMap("", async (page) => {
      const hits = await search(page, "duong truc xa an minh");
      assert.ok(hits[0].startsWith("Đường trục xã An Minh"), hits[0]);
      await page.locator("#ket-qua-tim li").first().getByText("Xem trên bản đồ").click();
      await page.waitForFunction(() => window.congboMap.getZoom() > 14);
      await drawn(page);
      const roads = () => window.congboMap.queryRenderedFeatures({ layers: ["duong"] }).map((road) => road.properties.ten);
      assert.ok((await page.evaluate(roads)).includes("Đường trục xã An Minh"));
    }));
});

describe("without a mouse", () => {
  test("Tab reaches the search, the layers and the map in this order, each with a visible focus", () =>
    onMap(STREET, async (page) => {
      const reached = [];
      for (let i = 0; i < 60 && !reached.includes("map"); i += 1) {
        await page.keyboard.press("Tab");
        reached.push(
          await page.evaluate(() => {
            const focused = document.activeElement;
            if (focused.matches("canvas")) return "map";
            if (focused.id === "tim") return "search";
            if (focused.matches(".layers input")) return "layer";
            return getComputedStyle(focused).outlineStyle === "none" ? `no outline: ${focused.outerHTML}` : "other";
          }),
        );
      }
      assert.deepEqual([...new Set(reached.filter((name) => name !== "other"))].sort(), ["layer", "map", "search"]);
      assert.ok(reached.indexOf("search") < reached.indexOf("layer"));
      assert.ok(reached.indexOf("layer") < reached.indexOf("map"));
    }));

  test("with the map focused the crosshair shows, and Enter opens the parcel under it", async () => {
    const [lon, lat] = await labelPoint(AN_MINH, "5", "12");
    await onMap(`#18/${lat}/${lon}`, async (page) => {
      const crosshair = page.locator(".crosshair");
      assert.equal(await crosshair.isVisible(), false);
      await page.locator(".map-buttons button").first().focus();
      for (let i = 0; i < 60 && !(await page.evaluate(() => document.activeElement.matches("canvas"))); i += 1) await page.keyboard.press("Shift+Tab");
      assert.equal(await crosshair.isVisible(), true);
      const [cross, map] = [await crosshair.boundingBox(), await page.locator("#ban-do").boundingBox()];
      assert.ok(Math.abs(cross.x + cross.width / 2 - (map.x + map.width / 2)) < 1);
      assert.ok(Math.abs(cross.y + cross.height / 2 - (map.y + map.height / 2)) < 1);
      await page.keyboard.press("Enter");
      assert.equal((await panelOf(page)).heading, "Thửa đất số 12, tờ bản đồ số 5");
    });
  });
});

test("a layer's box hides and shows the layer", () =>
  onMap("#16/20.85/106.4", async (page) => {
    const numbers = page.getByLabel("Số thửa");
    assert.ok((await rendered(page, "thua-dat-nhan")) > 20);
    await numbers.uncheck();
    await drawn(page);
    assert.equal(await rendered(page, "thua-dat-nhan"), 0);
    await numbers.check();
    await page.waitForFunction(() => window.congboMap.queryRenderedFeatures({ layers: ["thua-dat-nhan"] }).length > 20);
  }));

/** Median price at the first position of a commune's residential land, in millions of đồng, from what the panel reads. */
async function residentialMedian(commune) {
  const { prices } = await json(`site/xa/${commune}/panel.json`);
  const rows = prices.flatMap((table) => table.rows).filter((row) => row.group === "DAT_O" && !row.replaced_by);
  const sorted = rows.map((row) => (Number(row.figures[0]) * row.unit_vnd) / 1e6).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

test("prices of residential land colour the communes when asked for, with a key, and the address keeps it", () =>
  onMap("#11/20.85/106.4", async (page) => {
    assert.equal(await rendered(page, "gia-dat-xa"), 0);
    await page.getByLabel("Giá đất ở theo xã").check();
    await page.waitForFunction(() => window.congboMap.queryRenderedFeatures({ layers: ["gia-dat-xa"] }).length > 1);
    const said = await page.locator(".price-key li").allInnerTexts();
    const classes = said.map((row) => row.split(" triệu")[0].split("–").map((figure) => Number(figure.replaceAll(".", "").replace(",", "."))));
    for (const commune of ["99001-xa-an-minh", "99002-phuong-ben-lua"]) {
      const median = await residentialMedian(commune);
      assert.equal(classes.filter((ends) => median >= ends[0] && median <= ends.at(-1)).length, 1, `${commune}: ${median} in ${said}`);
    }
    await page.waitForFunction(() => location.hash.includes("lop=gia-dat"));
    await page.reload();
    await drawn(page);
    assert.ok((await rendered(page, "gia-dat-xa")) > 1);
  }));

test("the legend names the land uses on the screen; those that are white have a struck swatch", () =>
  onMap("#16/20.85/106.4", async (page) => {
    const rows = page.locator(".legend-list li");
    await page.locator(".legend-list b", { hasText: "LUC" }).waitFor();
    assert.match(await rows.filter({ hasText: "LUC" }).innerText(), /Đất chuyên trồng lúa/);
    // One path parts the official colour from the drawn one; a second strikes the white.
    assert.equal(await rows.filter({ hasText: "LUC" }).locator("path").count(), 1);
    assert.equal(await rows.filter({ hasText: "BCS" }).locator("path").count(), 2);
  }));

describe("on a phone of 360 × 740", () => {
  const handle = ".sheet-handle";
  const height = (page) => page.locator("#bang").boundingBox().then((box) => Math.round(box.height));

  test("the sheet is pulled up in three steps and nothing scrolls sideways", () =>
    onMap(STREET, async (page) => {
      const heights = [await height(page)];
      for (let step = 2; step <= 3; step += 1) {
        await page.locator(handle).click();
        heights.push(await height(page));
        assert.ok((await sideways(page)) <= 0);
      }
      assert.ok(heights[0] < heights[1] && heights[1] < heights[2], heights.join(" < "));
      await page.locator(handle).click();
      assert.equal(await height(page), heights[0]);
    }, { viewport: PHONE, hasTouch: true }));

  test("a linked parcel stands in the free half above the sheet", () =>
    onMap("#thua=99001-5-12", async (page) => {
      assert.equal((await panelOf(page)).heading, "Thửa đất số 12, tờ bản đồ số 5");
      const lonLat = await labelPoint(AN_MINH, "5", "12");
      const y = await page.evaluate((lonLat) => window.congboMap.project(lonLat).y + window.congboMap.getCanvas().getBoundingClientRect().top, lonLat);
      const [map, sheet] = [await page.locator("#ban-do").boundingBox(), await page.locator("#bang").boundingBox()];
      assert.ok(y > map.y + 60 && y < sheet.y - 60, `parcel at ${y}, free from ${map.y} to ${sheet.y}`);
      assert.ok((await sideways(page)) <= 0);
      assert.equal(await page.evaluate(() => document.scrollingElement.scrollWidth), PHONE.width);
    }, { viewport: PHONE, hasTouch: true }));
});

test("markup in published text is shown as text and never runs", async () => {
  const plant = '<img src=x onerror="window.planted=1"><script>window.planted=1</script>';
  const context = await browser.newContext({ viewport: DESK, bypassCSP: true });
  const page = await context.newPage();
  await page.route("**/panel.json", async (route) => {
    const panel = await (await route.fetch()).json();
    panel.name = plant;
    for (const { decision } of [...panel.cadastre, ...panel.prices]) decision.number = plant;
    for (const table of panel.prices) for (const row of table.rows) row.road = plant;
    await route.fulfill({ json: panel });
  });
  await page.goto(`${site.origin}/ban-do/#thua=99001-5-12`);
  const panel = await panelOf(page);
  assert.equal(panel.facts["Xã, phường"], plant);
  assert.ok(panel.facts["Quyết định"].startsWith(plant));
  assert.equal(await page.locator("#chi-tiet img, #chi-tiet script").count(), 0);
  assert.equal(await page.evaluate(() => window.planted), undefined);
  await context.close();
});

describe("where the processor draws", () => {
  /** A new tab on the map's page, nothing pressed yet. */
  async function waiting(use, address = "") {
    const context = await browser.newContext({ viewport: DESK });
    const page = await context.newPage();
    const faults = watch(page, site.origin);
    await page.goto(`${site.origin}/ban-do/${address}`);
    await use(page);
    assert.deepEqual(faults, []);
    await context.close();
  }
  const isLoaded = (page) => page.evaluate(() => [...document.scripts].some(({ src }) => src.includes("map-view-")));

  test("the communes stand there as a drawing, and no map is loaded before it is asked for", () =>
    waiting(async (page) => {
      assert.deepEqual(await page.locator("#toan-tinh text").allTextContents(), ["Xã An Minh", "Phường Bến Lụa"]);
      assert.equal(await isLoaded(page), false);
      await page.getByRole("button", { name: "Mở bản đồ" }).press("Enter");
      await drawn(page);
      assert.equal(await page.locator("#toan-tinh").count(), 0);
      assert.equal(await page.evaluate(() => document.activeElement === window.congboMap.getCanvas()), true, "the focus goes on to the map");
      await page.reload();
      await drawn(page);
      assert.equal(await page.locator("#mo-ban-do").isVisible(), false, "who asked once is not asked again");
    }));

  test("a commune of the drawing opens the map there", () =>
    waiting(async (page) => {
      await page.locator("#toan-tinh a[data-xa='99001'] path").click();
      await drawn(page);
      assert.match(page.url(), /\/ban-do\/#/);
      const [west, , east] = await page.evaluate(() => window.congboMap.getBounds().toArray().flat());
      assert.ok(west > 106.38 && east < 106.45, `${west} ${east}`);
    }));

  test("an address that names a place is obeyed at once", () => waiting(async (page) => assert.equal(await isLoaded(page), true), "#16/20.85/106.4"));
});

test("without WebGL the page says so and leads to the sheets", async () => {
  const plain = await browse(["--disable-webgl", "--disable-webgl2", "--disable-3d-apis"]);
  try {
    for (const viewport of [DESK, PHONE]) {
      const page = await plain.newPage({ viewport });
      const faults = watch(page, site.origin);
      await page.goto(`${site.origin}/ban-do/`);
      await page.getByText("Thiết bị này không vẽ được bản đồ.").waitFor();
      const commune = page.getByRole("link", { name: "Xã An Minh" });
      assert.ok(await commune.isVisible());
      assert.deepEqual(faults, []);
      await commune.click();
      await page.locator('a[href="/thua-dat/99001/5/"]').first().waitFor();
      await page.close();
    }
  } finally {
    await plain.close();
  }
});
