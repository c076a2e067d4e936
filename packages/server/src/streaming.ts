import type { Request } from '@ionosphere/core';
import type { StreamKind } from './http-stream';

/** A byte order mark: decoders of UTF-8 drop it at the beginning of a text, so it is no part of any message. */
export const INVISIBLE = '\uFEFF';

/** What the clients before version 5 want to see before they believe in a stream. */
const PADDING = `${' '.repeat(2048)}\n`;

/** One response body that never ends. Messages stay apart only with a length in front (`X-Atmosphere-TrackMessageSize`). */
export const streaming: StreamKind = {
  transport: { name: 'streaming', oneShot: false, wire: { name: 'streaming', binary: false, boundary: 'stream' } },
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

function preamble({ wire }: Request): string {
  const major = wire.framework?.[0];
  if (major !== undefined && major < 5) return PADDING;
  // With the protocol the handshake is there at once, and is the first thing that a client of version 5 may see.
  return wire.protocol ? '' : INVISIBLE;
}
