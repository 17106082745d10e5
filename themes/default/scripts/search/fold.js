// Vietnamese text for comparison; the same as `fold` in src/model/text.rs.

/**
 * Lower case without marks, đ to d, everything but letters and digits one space.
 * @param {string} text
 */
export function fold(text) {
  return text
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/đ/g, 'd')
    .replace(/[^\p{Alphabetic}\p{Number}]+/gu, ' ')
    .trim();
}
