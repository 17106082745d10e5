// Keeping a commune on this device, and letting it go. The service worker is registered only by those who do.
import { editionBase } from '../edition.js';
import { loadUnits } from '../search/find.js';
import { element } from '../search/results.js';
import { drop, keep, keptCommunes } from './kept.js';
import { date, words } from './words.js';

/**
 * @param {HTMLElement} target
 * @param {{pages: string, digest: string, tile: Function, here: () => string|null}} site `tile` asks the network;
 *   `here` is the code of the commune chosen now
 */
export async function buildOffline(target, site) {
  // Only today's edition is worth keeping.
  if (!('serviceWorker' in navigator) || !window.isSecureContext || editionBase !== '') return;
  const body = element('div');
  const details = element('details', {}, element('summary', {}, words.offline), body);
  details.addEventListener('toggle', () => details.open && show(body, site));
  target.append(details);
  if (!navigator.onLine) sayOffline(target);
  addEventListener('offline', () => sayOffline(target));
}

function sayOffline(target) {
  const kept = keptCommunes();
  const list = kept.map(({ name, date: until }) => `${name} (${date(until)})`).join(', ');
  target.querySelector('.offline-now')?.remove();
  target.prepend(element('p', { class: 'offline-now', role: 'status' }, kept.length > 0 ? words.offlineNow(list) : words.offlineNothing));
}

async function show(body, site) {
  const status = element('p', { role: 'status' });
  const kept = keptCommunes();
  const list = element('ul', { class: 'kept' }, ...kept.map((commune) => keptItem(commune, body, site)));
  const parts = [element('p', {}, words.offlineHow), ...(kept.length > 0 ? [list] : []), status];
  body.replaceChildren(...parts);
  let communes = [];
  try {
    communes = (await loadUnits()).communes.filter((place) => place.parcels);
  } catch {
    // Without a network there is nothing to choose from.
    return;
  }
  const select = element('select', {}, ...communes.map(({ commune, name }) => element('option', { value: commune }, name)));
  select.value = site.here() ?? communes[0]?.commune ?? '';
  const button = element('button', { type: 'button', class: 'action' }, words.offlineKeep);
  button.addEventListener('click', () => {
    const chosen = communes.find((place) => place.commune === select.value);
    if (chosen) store(chosen, button, status, body, site);
  });
  body.insertBefore(element('label', { class: 'field' }, words.commune, select), status);
  body.insertBefore(element('p', {}, button), status);
}

function keptItem({ code, name, date: until, digest, bytes }, body, site) {
  const old = digest === site.digest ? '' : ` ${words.offlineOld}`;
  const remove = element('button', { type: 'button', class: 'action' }, words.offlineDrop(name));
  remove.addEventListener('click', async () => {
    await drop(code);
    if (keptCommunes().length === 0) await unregister();
    await show(body, site);
  });
  return element('li', {}, `${name}: ${words.until} ${date(until)}, ${(bytes / 1e6).toFixed(1)} MB.${old} `, remove);
}

async function store(commune, button, status, body, site) {
  button.disabled = true;
  try {
    const response = await fetch(`${commune.url}ngoai-tuyen.json`);
    if (!response.ok) throw new Error(`list: ${response.status}`);
    const progress = (done, all) => (status.textContent = words.offlineProgress(done, all));
    await keep(await response.json(), { prefix: site.pages, digest: site.digest, tile: site.tile, progress });
    await navigator.serviceWorker.register('/service-worker.js');
    await navigator.serviceWorker.ready;
    await show(body, site);
    body.querySelector('[role=status]').textContent = words.offlineKept(commune.name);
  } catch (error) {
    console.warn(error);
    button.disabled = false;
    status.textContent = words.offlineFailed;
  }
}

async function unregister() {
  for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
}
