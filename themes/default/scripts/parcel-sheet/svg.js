// Elements of a drawing. Values of the data only ever become attributes of numbers, and text.

/** @param {Record<string, string|number>} attributes @param {string} [text] */
export function svg(name, attributes, text) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}
