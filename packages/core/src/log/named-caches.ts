import { MemoryLog, type MessageLogClass } from './message-log';
import type { CacheName } from '../settings/class-names';
import { BoundedMemoryCache } from './bounded-memory-cache';
import { NoBroadcasterCache } from './no-cache';
import { UUIDBroadcasterCache } from './uuid-broadcaster-cache';

/** The logs that a setting can name. */
export const cacheClasses: Readonly<Record<CacheName, MessageLogClass>> = {
  MemoryLog,
  UUIDBroadcasterCache,
  BoundedMemoryCache,
  NoBroadcasterCache,
};
