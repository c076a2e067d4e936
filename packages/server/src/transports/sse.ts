import { eventStreamEvent, eventStreamText } from '@ionosphere/protocol';
import type { Frame, LogEntry } from '@ionosphere/core';
import type { StreamKind } from './http-stream';

const wire = { binary: false, normalize: eventStreamText } as const;

/** Server-sent events (HTML, section 9.2). */
export const sse: StreamKind = {
  transport: {
    name: 'sse',
    oneShot: false,
    duplex: false,
    wire: { ...wire, name: 'sse', boundary: 'event', wrap: (text) => eventStreamEvent(text) },
  },
  headers: [
    ['Content-Type', 'text/event-stream; charset=utf-8'],
    // A proxy that buffers would hold events back: nginx is asked not to.
    ['X-Accel-Buffering', 'no'],
  ],
  preamble: () => ':\n\n',
  // HTML, 9.2.6: the reconnection time, in milliseconds.
  farewell: (retryAfterSeconds) => `retry: ${Math.ceil(retryAfterSeconds * 1000)}\n\n`,
  keepAlive: ':\n\n',
};

/**
 * The same for a client that knows no protocol, as a plain `EventSource`: each event has an id that says whose it is and
 * where, and the client repeats it when it comes back (HTML, 9.2.4). A frame begins with its number; what is the same for
 * all events of one client is put in front when it is written.
 */
export const identifiedSse: StreamKind = {
  ...sse,
  transport: {
    ...sse.transport,
    wire: { ...wire, name: 'identified sse', boundary: 'message', identifies: true, wrap: numbered },
  },
  // A client that comes back before its first message has no id but this.
  preamble: ({ wire: { position } }, resource) =>
    position ? ':\n\n' : `:\nid:${resource.recovery.eventIdPrefix}${resource.recovery.position}\n\n`,
  address: (frame, prefix) => (startsWithDigit(frame) ? `id:${prefix}${String(frame)}` : frame),
};

function numbered(text: string, entry?: LogEntry): string {
  return entry ? `${entry.sequence}\n${eventStreamEvent(text)}` : eventStreamEvent(text);
}

function startsWithDigit(frame: Frame): boolean {
  const code = typeof frame === 'string' ? frame.charCodeAt(0) : 0;
  return code >= 48 && code <= 57;
}
