// The address of what is on the screen, and the code that shows it in a page of others.
import { element } from '../search/results.js';
import { words } from './words.js';

/** @param {HTMLElement} target @param {() => string} fragment of the present view @param {string} pages prefix of the language */
export function buildShare(target, fragment, pages) {
  const address = element('input', { type: 'text', readonly: '', class: 'copy' });
  const code = element('textarea', { readonly: '', rows: '4', class: 'copy' });
  const fill = () => {
    address.value = `${location.origin}${pages}/ban-do/${fragment()}`;
    const src = `${location.origin}${pages}/ban-do/nhung/${fragment()}`.replaceAll('&', '&amp;');
    code.value = `<iframe src="${src}" title="${document.title.replaceAll('"', '&quot;')}" width="100%" height="480" loading="lazy"></iframe>`;
  };
  const details = element(
    'details',
    {},
    element('summary', {}, words.share),
    element('label', { class: 'field' }, words.shareAddress, address),
    copyButton(address),
    element('label', { class: 'field' }, words.shareEmbed, code),
    copyButton(code),
  );
  details.addEventListener('toggle', fill);
  target.append(details);
  return () => details.open && fill();
}

/** @param {HTMLInputElement|HTMLTextAreaElement} field whose text it copies */
export function copyButton(field) {
  const button = element('button', { type: 'button', class: 'action' }, words.copy);
  button.addEventListener('click', async () => {
    field.select();
    await navigator.clipboard?.writeText(field.value).catch(() => {});
    button.textContent = words.copied;
    setTimeout(() => (button.textContent = words.copy), 2000);
  });
  return element('p', {}, button);
}
