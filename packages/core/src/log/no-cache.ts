import type { LogEntry, MessageLog } from './message-log';

/** Remembers nothing: who is not connected when a message is sent misses it (Atmosphere's `DefaultBroadcasterCache`). */
export class NoBroadcasterCache implements MessageLog {
  readonly remembers = false;
  readonly start = 0;
  readonly end = 0;
  readonly forgotten = -1;

  append(): void {}

  at(offset: number): LogEntry {
    throw new RangeError(`offset ${offset} is not in a log that remembers nothing`);
  }

  expire(): void {}
}
