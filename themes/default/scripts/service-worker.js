// Answers from what the device keeps when the network does not answer. It keeps nothing by itself: the map's page
// does, commune by commune, when a person asks for it.

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const own = new URL(request.url).origin === self.location.origin;
  // Parts of archives are the map's own business: it has tiles of its own.
  if (request.method === 'GET' && own && !request.headers.has('range')) event.respondWith(answer(request));
});

/** Kept copies know neither queries nor encodings. */
const LIKE = { ignoreSearch: true, ignoreVary: true };

async function answer(request) {
  // A name with a digest never changes what it holds.
  if (new URL(request.url).pathname.startsWith('/assets/')) {
    const kept = await caches.match(request.url, LIKE);
    if (kept) return kept;
  }
  try {
    return await fetch(request);
  } catch (error) {
    const kept = (await caches.match(request.url, LIKE)) ?? (await elsewhere(request));
    if (kept) return kept;
    throw error;
  }
}

/** A page that was not kept leads to the map, which says what was. */
async function elsewhere(request) {
  if (request.mode !== 'navigate') return null;
  for (const path of ['/ban-do/', '/en/ban-do/']) {
    if (await caches.match(self.location.origin + path)) return Response.redirect(path, 302);
  }
  return null;
}
