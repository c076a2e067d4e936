import type { PollKind } from './poll-manner';

/** A request that is answered when there is something to say. */
export const longPolling: PollKind = {
  transport: {
    name: 'long-polling',
    oneShot: true,
    duplex: false,
    wire: { name: 'long-polling', binary: false, boundary: 'stream' },
  },
  headers: [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['X-Accel-Buffering', 'no'],
    // Without it Chromium keeps the headers of a held poll from the page, to guess the type from more bytes.
    ['X-Content-Type-Options', 'nosniff'],
  ],
  holds: true,
};
