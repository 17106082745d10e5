// Builds scripts, styles and fonts into assets/, each with its digest in its name, and lists them in
// assets/assets.json (logical name -> file name). Run: npm ci && node build.mjs
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

const OUT = 'assets';
const FONT = 'node_modules/@fontsource/be-vietnam-pro/files';
/** Subsets with the ranges in which they stand in fontsource's own style sheets. */
const SUBSETS = ['latin', 'latin-ext', 'vietnamese'];
const WEIGHTS = [400, 600];

const names = {};

/** Writes bytes under a name that carries their digest, and remembers it. */
async function put(logical, bytes) {
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 10);
  const { name, ext } = path.parse(logical);
  names[logical] = `${name}-${digest}${ext}`;
  await writeFile(path.join(OUT, names[logical]), bytes);
}

async function bundle(logical, entry) {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022'],
    write: false,
    legalComments: 'inline',
    logLevel: 'warning',
  });
  await put(logical, result.outputFiles[0].contents);
}

/** One @font-face per subset and weight, with the unicode-range fontsource gives. */
async function fontFaces() {
  const faces = [];
  for (const weight of WEIGHTS) {
    const css = await readFile(`node_modules/@fontsource/be-vietnam-pro/${weight}.css`, 'utf8');
    for (const subset of SUBSETS) {
      const logical = `be-vietnam-pro-${subset}-${weight}.woff2`;
      await put(logical, await readFile(`${FONT}/be-vietnam-pro-${subset}-${weight}-normal.woff2`));
      const block = css.slice(css.indexOf(`/* be-vietnam-pro-${subset}-${weight}-normal */`));
      const range = /unicode-range:\s*([^;]+);/.exec(block)[1];
      faces.push(
        `@font-face{font-family:"Be Vietnam Pro";font-weight:${weight};font-display:swap;` +
          `src:url(/assets/${names[logical]}) format("woff2");unicode-range:${range}}`,
      );
    }
  }
  return faces.join('\n');
}

async function styles(logical, files, before = '') {
  const texts = await Promise.all(files.map((file) => readFile(`styles/${file}`, 'utf8')));
  const result = await build({
    stdin: { contents: [before, ...texts].join('\n'), loader: 'css' },
    minify: true,
    write: false,
    bundle: false,
    logLevel: 'warning',
  });
  await put(logical, result.outputFiles[0].contents);
}

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT);
await styles('site.css', ['tokens.css', 'page.css', 'table.css', 'drawing.css', 'paper.css', 'print.css'], await fontFaces());
await styles('map.css', ['map.css']);
await put('icon.svg', await readFile('styles/icon.svg'));
await bundle('site.js', 'scripts/site.js');
await bundle('report.js', 'scripts/report.js');
await bundle('parcel-sheet.js', 'scripts/parcel-sheet.js');
await bundle('search.js', 'scripts/search.js');
await bundle('map.js', 'scripts/map/open.js');
await bundle('map-view.js', 'scripts/map/main.js');
await bundle('service-worker.js', 'scripts/service-worker.js');
await bundle('map-worker.js', 'node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs');
const sorted = Object.fromEntries(Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1)));
await writeFile(`${OUT}/assets.json`, `${JSON.stringify(sorted, null, 2)}\n`);
