// Reads the lines that a PDF of Chromium draws, in millimetres of paper: what a ruler would find.
import { inflateSync } from "node:zlib";

const MM_PER_POINT = 25.4 / 72;

/** @param {Buffer} pdf @returns {Map<number, {dict: string, stream: Buffer|null}>} */
function objects(pdf) {
  const text = pdf.toString("latin1");
  const found = new Map();
  for (const match of text.matchAll(/(?:^|\n)(\d+) 0 obj\s/g)) {
    const start = match.index + match[0].length;
    const end = text.indexOf("endobj", start);
    const at = text.indexOf("stream", start);
    if (at < 0 || at > end) {
      found.set(Number(match[1]), { dict: text.slice(start, end), stream: null });
      continue;
    }
    const dict = text.slice(start, at);
    const from = at + (text[at + 6] === "\r" ? 8 : 7);
    const bytes = pdf.subarray(from, from + Number(/\/Length (\d+)/.exec(dict)[1]));
    found.set(Number(match[1]), { dict, stream: dict.includes("/FlateDecode") ? inflateSync(bytes) : bytes });
  }
  return found;
}

/** @param {number[]} a applied before @param {number[]} b */
const times = ([a, b, c, d, e, f], [A, B, C, D, E, F]) => [
  a * A + b * C, a * B + b * D, c * A + d * C, c * B + d * D, e * A + f * C + E, e * B + f * D + F,
];

/** Every path of a content stream as lists of corners in points of the page; curves end where they end. */
function paths(content, start = [1, 0, 0, 1, 0, 0]) {
  const found = [];
  const [stack, operands] = [[], []];
  let [matrix, path] = [start, []];
  const at = (x, y) => [matrix[0] * x + matrix[2] * y + matrix[4], matrix[1] * x + matrix[3] * y + matrix[5]];
  // Texts and names hold no numbers of lines.
  const tokens = content.toString("latin1").replace(/\((?:\\.|[^\\)])*\)|<[0-9A-Fa-f]*>/g, " ").match(/[^\s[\]]+/g) ?? [];
  for (const token of tokens) {
    if (/^[+-]?[\d.]+$/.test(token)) {
      operands.push(Number(token));
      continue;
    }
    const n = operands.splice(0);
    if (token === "q") stack.push(matrix);
    else if (token === "Q") matrix = stack.pop() ?? start;
    else if (token === "cm") matrix = times(n, matrix);
    else if (token === "m") path.push([at(n[0], n[1])]);
    else if (token === "l") path.at(-1)?.push(at(n[0], n[1]));
    else if (token === "c") path.at(-1)?.push(at(n[4], n[5]));
    else if (token === "re") path.push([at(n[0], n[1]), at(n[0] + n[2], n[1]), at(n[0] + n[2], n[1] + n[3]), at(n[0], n[1] + n[3])]);
    else if (["S", "s", "f", "f*", "F", "B", "B*", "b", "b*", "n"].includes(token)) found.push(...path.splice(0));
  }
  return found;
}

/**
 * The paths of each page, corners in millimetres from the paper's lower left.
 *
 * @param {Buffer} pdf as `page.pdf()` gives it
 * @returns {number[][][][]}
 */
export function pathsOf(pdf) {
  const all = objects(pdf);
  const pages = [...all.values()].filter(({ dict }) => /\/Type\s*\/Page\b/.test(dict));
  return pages.map(({ dict }) => {
    const content = all.get(Number(/\/Contents (\d+) 0 R/.exec(dict)[1])).stream;
    return paths(content).map((path) => path.map((corner) => corner.map((points) => points * MM_PER_POINT)));
  });
}

/** Lengths from each corner to the next, the last to the first, in the unit of the corners. */
export const sides = (path) =>
  path.map(([x, y], i) => {
    const [next, after] = path[(i + 1) % path.length];
    return Math.hypot(next - x, after - y);
  });
