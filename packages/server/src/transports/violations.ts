import { Failure } from '@ionosphere/core';

/**
 * Why the library ended a WebSocket, by its own words. It drops the connection without a close frame, so this is told to
 * the service and the log alone; RFC 6455, 7.1.7 asks for the frame only where the endpoint can still send one. A
 * close frame that is not valid is not among them: its sender leaves, and the library takes 3000 for invalid, which it is not.
 */
const violations: Readonly<Record<string, () => Failure>> = {
  'Received invalid UTF-8': () => new Failure('malformed-message', 'The text is not UTF-8.'),
  'Received invalid WebSocket frame': () => new Failure('broken-frame'),
  'Received too big message': () => new Failure('message-too-large'),
  'Received too big message, or other inflation error': () =>
    new Failure('message-too-large', 'The message is too large when inflated, or is not DEFLATE data.'),
};

/** What a client did wrong whose connection the library has ended; undefined when it did nothing wrong. */
export function violationOf(reason: string): Failure | undefined {
  return Object.hasOwn(violations, reason) ? violations[reason]?.() : undefined;
}
