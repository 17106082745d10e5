import { readFileSync } from 'node:fs';

/** Sheets are read when their page is made: all at once they would not fit into any memory. */
export default function (config) {
  config.setQuietMode(true);
  config.addFilter('sheet', (file) => JSON.parse(readFileSync(file, 'utf8')));
  config.addFilter('num', (value) => String(value).replace('.', ','));
  return { dir: { input: 'input', output: process.env.BENCH_OUT ?? 'output' } };
}
