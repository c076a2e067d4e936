import { eventStreamEvent, eventStreamText } from '@ionosphere/protocol';
import type { StreamKind } from './http-stream';

/** Server-sent events (HTML, section 9.2). */
export const sse: StreamKind = {
  transport: {
    name: 'sse',
    oneShot: false,
    duplex: false,
    wire: { name: 'sse', binary: false, boundary: 'event', normalize: eventStreamText, wrap: eventStreamEvent },
  },
  headers: [
    ['Content-Type', 'text/event-stream; charset=utf-8'],
    // A proxy that buffers would hold events back: nginx is asked not to.
    ['X-Accel-Buffering', 'no'],
  ],
  preamble: () => ':\n\n',
  keepAlive: ':\n\n',
};
