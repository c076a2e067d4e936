import type { ResourceEvent } from '@ionosphere/server';

/** Names of the flags, in the order in which they are told. */
const flagNames = [
  'isCancelled',
  'isClosedByClient',
  'isClosedByApplication',
  'isResumedOnTimeout',
  'gap',
  'recovered',
] as const;

/** Something that a service was told, as `GET /-/events` gives it. */
export interface RecordedEvent {
  /** 1 for the first event of the process, then one more each. */
  readonly seq: number;
  readonly type: 'ready' | 'disconnect' | 'heartbeat' | 'error';
  readonly path: string;
  readonly uuid: string;
  readonly transport: string | undefined;
  readonly flags: Readonly<Record<(typeof flagNames)[number], boolean>>;
}

/** What all services were told, in order. Bounded: a test suite that asks often enough misses nothing. */
export class EventRecord {
  readonly #events: RecordedEvent[] = [];
  #seq = 0;

  /** @param kept how many of the newest events are remembered, at least. */
  constructor(private readonly kept = 100_000) {}

  /** @param event undefined for an error, whose flags are all false. */
  add(
    type: RecordedEvent['type'],
    { uuid, transport, endpoint }: ResourceEvent['resource'],
    event?: ResourceEvent,
  ): void {
    const flags = Object.fromEntries(flagNames.map((name) => [name, event?.[name] ?? false]));
    this.#events.push({
      seq: ++this.#seq,
      type,
      path: endpoint.path,
      uuid,
      transport,
      flags: flags as RecordedEvent['flags'],
    });
    if (this.#events.length >= 2 * this.kept) this.#events.splice(0, this.kept);
  }

  /** Events after the one with that number. */
  since(seq: number): readonly RecordedEvent[] {
    const first = this.#seq - this.#events.length;
    return this.#events.slice(Math.max(0, seq - first));
  }
}
