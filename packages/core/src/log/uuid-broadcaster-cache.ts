import { defaultConfig } from '../settings/config';
import { logBounds, MemoryLog, type LogBounds } from './message-log';

/** Atmosphere's own: 1000 messages for a client that is away, for at most five minutes. */
const MAX_PER_CLIENT = 1000;
const TTL_MILLIS = 300_000;

/**
 * What a client misses while it is away, with the bounds of Atmosphere's cache of that name where the settings choose no
 * others. There, each client has a queue; here, each has an offset into one log, so the view of a client is the same and a
 * client that is away costs nothing.
 */
export class UUIDBroadcasterCache extends MemoryLog {
  constructor(bounds: LogBounds) {
    super(usualBounds(bounds));
  }
}

/** Atmosphere's bounds where the settings choose none. */
export function usualBounds(bounds: LogBounds): LogBounds {
  const usual = logBounds(defaultConfig);
  return {
    ...bounds,
    maxMessages: bounds.maxMessages === usual.maxMessages ? MAX_PER_CLIENT : bounds.maxMessages,
    maxAgeMillis: bounds.maxAgeMillis === usual.maxAgeMillis ? TTL_MILLIS : bounds.maxAgeMillis,
  };
}
