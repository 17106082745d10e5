// Tiles from the site's archives, asked a second time when the network drops the first answer.
import { Protocol } from 'pmtiles';

/** What MapLibre calls for an address `pmtiles://…`. */
export function tiles() {
  const protocol = new Protocol();
  return async (request, abort) => {
    try {
      return await protocol.tile(request, abort);
    } catch (error) {
      if (abort.signal.aborted) throw error;
      // The reader would keep a directory it failed to read, and with it the failure, until the page is reloaded.
      protocol.tiles.clear();
      return protocol.tile(request, abort);
    }
  };
}
