import type { Request } from '@ionosphere/core';
import type { StreamKind } from './http-stream';

/** A byte order mark: decoders of UTF-8 drop it at the beginning of a text, so it is no part of any message. */
export const INVISIBLE = '\uFEFF';

/** One response body that never ends. Messages stay apart only with a length in front (`X-Atmosphere-TrackMessageSize`). */
export const streaming: StreamKind = {
  transport: {
    name: 'streaming',
    oneShot: false,
    duplex: false,
    wire: { name: 'streaming', binary: false, boundary: 'stream' },
  },
  headers: [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['X-Accel-Buffering', 'no'],
    // Without it Chromium waits for more bytes, to guess the type.
    ['X-Content-Type-Options', 'nosniff'],
  ],
  preamble,
  // Whatever is written in the middle of a text is a part of it: a reader without the protocol would take it for a message.
  keepAlive: '',
};

/** With the protocol the handshake is there at once, and is the first thing that a client of version 5 may see. */
function preamble({ wire }: Request): string {
  return wire.protocol ? '' : INVISIBLE;
}
