import type { Position } from '@ionosphere/protocol';
import { systemClock, type Clock } from '../time/clock';
import type { Config } from '../settings/config';
import type { Context } from '../resource/context';
import type { Counters } from '../limits/counters';
import { Durability } from '../log/durability';
import type { DurableStore } from '../log/durable-store';
import { Framings } from '../codec/framing';
import type { Logger } from '../logger';
import { Outflow } from '../broadcaster/outflow';
import type { Siblings } from '../broadcaster/siblings';
import { Timers } from '../time/timers';

/** What an app's context is made of. */
export interface CoreOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly counters: Counters;
  readonly clock?: Clock;
  readonly store?: DurableStore;
  readonly siblings?: Siblings;
}

/** The part of a context that needs no app: time, numbers, and what writes. */
export type Core = Omit<Context, 'stopping' | 'dismissed' | 'ended' | 'track' | 'failed' | 'everyone'>;

/** Opens the store, if there is one, and makes what counts and what writes. Throws when the store can't be opened. */
export function makeCore({ config, logger, counters, clock = systemClock, store, siblings }: CoreOptions): Core {
  const report = (cause: unknown): void => logger.error('An internal task failed', { cause });
  const timers = new Timers(clock, report);
  const outflow: Outflow = new Outflow(clock, report, () => durability?.committed());
  const start = store?.open();
  const { epoch = newEpoch(), firstSequence = 0 } = start ?? {};
  let next = firstSequence;
  const lastSequence = (): number => next - 1;
  const parts = { config, logger, clock, timers, outflow, lastSequence };
  const durability: Durability | undefined = store && start && new Durability(store, start, parts);
  return {
    config,
    logger,
    timers,
    outflow,
    durability,
    siblings,
    framings: new Framings(logger),
    counters,
    epoch,
    resolve: (position: Position) =>
      position.epoch === epoch
        ? Math.min(position.sequence, lastSequence())
        : store?.resolve(position.epoch, position.sequence),
    nextSequence: () => {
      counters.messagesOut++;
      return next++;
    },
    lastSequence,
    now: () => outflow.now,
  };
}

/** Random, so that a client of an earlier run is not taken for one of this. */
function newEpoch(): string {
  return crypto.randomUUID().slice(0, 8);
}
