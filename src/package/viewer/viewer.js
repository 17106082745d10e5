// Lets the pages of a package work from a disk: no server, no network, no module and no fetch. What scripts of the
// site ask for by address comes from scripts that lie beside the pages; a map's tiles likewise.
(() => {
  'use strict';
  const about = self.congboGoi;
  /** The folder of the pages. */
  const root = new URL('../', document.currentScript.src).href;
  const texts = new Map();
  const tiles = new Map();
  const loading = new Map();

  about.tep = (address, lines) => texts.set(address, lines.join(''));
  about.o = (set, _shard, packed) => {
    for (const [tile, base64] of Object.entries(packed)) tiles.set(`${set}/${tile}`, base64);
  };

  /** Runs a script of the package once. */
  function load(file) {
    if (!loading.has(file)) {
      const script = document.createElement('script');
      const done = new Promise((resolve, reject) => {
        script.onload = resolve;
        script.onerror = () => reject(new Error(`${file}: thiếu trong gói`));
      });
      script.src = root + file;
      document.head.append(script);
      loading.set(file, done);
    }
    return loading.get(file);
  }

  async function text(address) {
    if (address === '/ready') return about.imprint.edition;
    if (!about.texts.includes(address)) return null;
    await load(`du-lieu${address}.js`);
    return texts.get(address) ?? null;
  }

  const network = self.fetch.bind(self);
  self.fetch = async (input, options) => {
    const asked = typeof input === 'string' ? input : (input.url ?? String(input));
    if (/^(?:blob|data):/.test(asked)) return network(input, options);
    const address = asked.startsWith(root) ? asked.slice(root.length - 1) : asked;
    const found = await text(address.split(/[?#]/)[0]);
    return found === null ? new Response('', { status: 404 }) : new Response(found, { status: 200 });
  };

  /** The shard of a tile; the same as shard_of in shards.rs. */
  function shardOf(z, x, y) {
    if (z < 10) return 'goc';
    const zoom = z < 14 ? 10 : 14;
    return `${zoom}-${x >> (z - zoom)}-${y >> (z - zoom)}`;
  }

  async function inflated(base64) {
    const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(plain).arrayBuffer());
  }

  /** What MapLibre asks for under pmtiles://…: the description of an archive, or one tile. */
  about.tile = async ({ url }) => {
    const [, id, z, x, y] = /\/archives\/(.+)-[0-9a-f]{16}\.pmtiles(?:\/(\d+)\/(\d+)\/(\d+))?$/.exec(url) ?? [];
    const set = about.sets[id];
    if (!set) return { data: new Uint8Array() };
    if (z === undefined) {
      return { data: { tiles: [`${url}/{z}/{x}/{y}`], minzoom: set.minzoom, maxzoom: set.maxzoom, bounds: set.bounds } };
    }
    const shard = shardOf(Number(z), Number(x), Number(y));
    if (!set.shards.includes(shard)) return { data: new Uint8Array() };
    await load(`du-lieu/o/${id}/${shard}.js`);
    const packed = tiles.get(`${id}/${z}/${x}/${y}`);
    return { data: packed ? await inflated(packed) : new Uint8Array() };
  };

  /** Where an address of the site lies in the package. */
  function fileOf(address) {
    const [, path, rest] = /^\/([^?#]*)(.*)$/.exec(address);
    const file = path === '' || path.endsWith('/') ? `${path}index.html` : path;
    return about.pages.includes(file) ? `${root}${file}${rest}` : `${root}ngoai-goi/index.html#/${path}`;
  }

  // Links that scripts made lead to addresses of the site.
  document.addEventListener(
    'click',
    (event) => {
      const link = event.target.closest?.('a[href]');
      const address = link?.getAttribute('href');
      if (address?.startsWith('/')) link.href = fileOf(address);
    },
    true,
  );

  const day = (date) => date.split('-').reverse().join('/');
  /** The day in Vietnam, as 2026-01-05. */
  const today = () => new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10);

  function warn(title, said) {
    const [notice, strong] = [document.createElement('p'), document.createElement('strong')];
    notice.className = 'goi-canh-bao';
    notice.setAttribute('role', 'alert');
    strong.textContent = title;
    notice.append(strong, ' ', said);
    document.body.prepend(notice);
  }

  /** The greatest number of a package of this area that this browser has shown. */
  function seen() {
    const key = `congbo-goi-${about.province}-${about.area}`;
    try {
      const number = Math.max(about.imprint.number, Number(localStorage.getItem(key) ?? 0));
      localStorage.setItem(key, String(number));
      return number;
    } catch {
      return about.imprint.number;
    }
  }

  const WORDS = {
    vi: {
      number: ({ number, expires }) => ` · bản số ${number} · hạn dùng đến ${day(expires)}`,
      clock: ['Đồng hồ của máy này sai.', ({ created }, now) => `Máy báo hôm nay là ${day(now)}, trước ngày phát hành gói (${day(created)}). Không biết được gói còn hạn hay không: hãy chỉnh lại ngày giờ.`],
      expired: ['Gói này đã hết hạn.', ({ expires }, now) => `Dữ liệu đến ${day(about.data_date)}, hạn dùng đến ${day(expires)}, máy báo hôm nay là ${day(now)}. Chỉ để tham khảo: hãy lấy gói mới.`],
      newer: ['Đã có gói mới hơn.', ({ number }, latest) => `Đây là bản số ${number}; máy này đã từng mở bản số ${latest}. Hãy dùng bản mới.`],
    },
    en: {
      number: ({ number, expires }) => ` · number ${number} · valid until ${day(expires)}`,
      clock: ['The clock of this computer is wrong.', ({ created }, now) => `It says that today is ${day(now)}, before the package was published (${day(created)}). Whether the package is still valid cannot be told: set date and time.`],
      expired: ['This package has expired.', ({ expires }, now) => `Data until ${day(about.data_date)}, valid until ${day(expires)}; the computer says that today is ${day(now)}. For reference only: take a new package.`],
      newer: ['There is a newer package.', ({ number }, latest) => `This is number ${number}; number ${latest} was opened on this computer before. Use the newer one.`],
    },
  };

  function judge() {
    const { created, expires, number } = about.imprint;
    const words = WORDS[document.documentElement.lang] ?? WORDS.vi;
    const tell = ([title, said], what) => warn(title, said(about.imprint, what));
    const now = today();
    const said = document.getElementById('goi-ban');
    if (said) said.textContent = words.number(about.imprint);
    if (now < created) tell(words.clock, now);
    else if (now > expires) tell(words.expired, now);
    const latest = seen();
    if (latest > number) tell(words.newer, latest);
    const elsewhere = document.getElementById('ngoai-goi');
    if (elsewhere) elsewhere.textContent = decodeURI(location.hash.slice(1));
  }
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', judge);
  else judge();
})();
