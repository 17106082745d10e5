// Tiles from what the device keeps, else from the site's archives, asked a second time when the network drops the
// first answer.
import { Protocol } from 'pmtiles';
import { keptTile } from './kept.js';

/** Both for what MapLibre calls for an address `pmtiles://…`: `network` passes what is kept by. */
export function tiles() {
  const protocol = new Protocol();
  const network = async (request, abort) => {
    try {
      return await protocol.tile(request, abort);
    } catch (error) {
      if (abort.signal.aborted) throw error;
      // The reader would keep a directory it failed to read, and with it the failure, until the page is reloaded.
      protocol.tiles.clear();
      return protocol.tile(request, abort);
    }
  };
  // Archives carry their digest in their names: what is kept is what the site has.
  const site = async (request, abort) => (await keptTile(request)) ?? network(request, abort);
  // A page of a package that was opened from a disk has its tiles beside it, and nothing else.
  const packed = globalThis.congboGoi?.tile;
  const any = packed ? (request) => packed(request) : site;
  return { any, network };
}
