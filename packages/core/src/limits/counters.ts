import { failures, type FailureCode, type TransportName } from '@ionosphere/protocol';
import type { Failure } from '../errors';
import { limitTable, type LimitName } from './limits';

/** A record, so that the compiler notices a transport that is missing here. */
const transports: Readonly<Record<TransportName, true>> = {
  websocket: true,
  sse: true,
  streaming: true,
  'long-polling': true,
  jsonp: true,
  polling: true,
  grpc: true,
  memory: true,
};
const transportNames = Object.keys(transports) as TransportName[];
const limitNames = (Object.keys(limitTable) as (keyof typeof limitTable)[]).filter(
  (name): name is LimitName => typeof limitTable[name] === 'string',
);

/** Connections of one transport. */
export interface Tally {
  /** How many there are. */
  open: number;
  /** How many there were, those that there are included. */
  all: number;
}

/** What was counted, at one moment. */
export interface CounterSnapshot {
  /** Connections that there are, by transport. */
  readonly connections: Readonly<Record<string, number>>;
  /** Connections that there were, those that there are included, by transport. */
  readonly connected: Readonly<Record<string, number>>;
  /** Resources that there are, those that are away included. */
  readonly resources: number;
  /** Messages from clients that reached a service, or its interceptors. */
  readonly messagesIn: number;
  /** Messages that were broadcast, or sent to one resource; each counts once, however many get it. */
  readonly messagesOut: number;
  /** Times that a client was back, and its service was told that something it had missed is lost. */
  readonly gaps: number;
  /** Failures, by code; `slow-client` are the connections that did not keep up. */
  readonly failures: Readonly<Record<FailureCode, number>>;
  /** How often each limit was reached. */
  readonly limits: Readonly<Record<LimitName, number>>;
}

/** What happened since the app was made. Plain numbers, each moved where it happens. */
export class Counters {
  /** Connections, by transport. */
  readonly tallies = byName(transportNames, (): Tally => ({ open: 0, all: 0 }));
  readonly failures = zeros(Object.keys(failures) as FailureCode[]);
  readonly limits = zeros(limitNames);
  messagesIn = 0;
  messagesOut = 0;
  gaps = 0;
  readonly #resources: () => number;

  /** @param resources how many there are */
  constructor(resources: () => number) {
    this.#resources = resources;
  }

  /** @internal */
  failed({ code, limit }: Failure): void {
    this.failures[code]++;
    if (limit) this.limits[limit]++;
  }

  /** All numbers, as they are now. */
  snapshot(): CounterSnapshot {
    const { tallies, messagesIn, messagesOut, gaps } = this;
    return {
      connections: byName(transportNames, (name) => tallies[name].open),
      connected: byName(transportNames, (name) => tallies[name].all),
      resources: this.#resources(),
      messagesIn,
      messagesOut,
      gaps,
      failures: { ...this.failures },
      limits: { ...this.limits },
    };
  }
}

function zeros<K extends string>(names: readonly K[]): Record<K, number> {
  return byName(names, () => 0);
}

function byName<K extends string, T>(names: readonly K[], value: (name: K) => T): Record<K, T> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<K, T>;
}
