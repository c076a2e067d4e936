import { audienceOf } from './audience';
import type { Broadcaster, BroadcasterParts, BroadcastOptions } from './broadcaster';
import { Delivery } from './delivery';
import type { Subscription } from './fanout';
import type { Filtering, Outgoing } from './filtering';
import type { LogEntry } from './message-log';
import type { Resource } from './resource';
import { refuseThreads, type CrossedMessage } from './siblings';

/** Gives what was broadcast, as the filters left it, its number, its place in the log, and to those who are to get it. */
export class Publisher {
  readonly #of: Broadcaster;
  readonly #parts: BroadcasterParts;
  readonly #filtering: Filtering;

  constructor(of: Broadcaster, parts: BroadcasterParts, filtering: Filtering) {
    this.#of = of;
    this.#parts = parts;
    this.#filtering = filtering;
  }

  /** @param at when it was broadcast */
  publish(outgoing: Outgoing, options: BroadcastOptions, at: number): Delivery {
    const { to, left } = audienceOf(options);
    if (to !== undefined && typeof to !== 'function') return this.#send(outgoing, to);
    if (this.#parts.siblings) this.checkCrossing(options);
    return this.#publish(outgoing, at, to, left);
  }

  #publish(
    outgoing: Outgoing,
    at: number,
    to: ((resource: Resource) => boolean) | undefined,
    left: Resource | undefined,
  ): Delivery {
    const { nextSequence, log, siblings } = this.#parts;
    const { id, fanout, keyOf, cacheInspectors } = this.#of;
    const { message, encode } = outgoing;
    const wanted = to && this.#filtering.safely(to);
    const own = left?.out.owed.find(this.#of);
    const payload = encode(message);
    const view = this.#filtering.view(outgoing, wanted);
    fanout.announce(message, left ? (resource) => resource !== left : wanted);
    const chosen = wanted && this.#of.resources.filter(wanted);
    const key = keyOf && this.#filtering.keyOf(keyOf, message);
    const remembered = log.remembers !== false && cacheInspectors.every((inspector) => inspector.inspect(message));
    // First, so that what others sent before it comes before it here, too.
    siblings?.cross({ act: 'broadcast', id, payload, at, key, remembered });
    const entry: LogEntry = {
      payload,
      sequence: nextSequence(),
      at,
      topic: id,
      key,
      except: left?.uuid,
      view,
      receivers: chosen && log.durable ? this.#filtering.named(this.#of.resources, chosen) : undefined,
    };
    this.#deliver(entry, remembered, own);
    return this.delivery(chosen ? chosen.length : this.#of.size - Number(own !== undefined));
  }

  /** Lets those of this thread have what was broadcast in another one. What it was before it was encoded is not known here. */
  receive({ payload, at, key, remembered }: CrossedMessage): void {
    const entry: LogEntry = { payload, sequence: this.#parts.nextSequence(), at, topic: this.#of.id, key };
    this.#deliver(entry, remembered);
    // Last, because who is told may broadcast, and that comes after it.
    this.#of.fanout.announce(payload, undefined);
  }

  /** What decides for each receiver sees the receivers of its own thread only. */
  checkCrossing({ to, except }: BroadcastOptions): void {
    const { siblings } = this.#parts;
    const decides = typeof to === 'function' ? 'to' : typeof except === 'function' ? 'except' : undefined;
    const mend = 'give a broadcaster of its own to those who are to get it, and subscribe them to it';
    if (decides) refuseThreads(siblings, `Broadcaster "${this.#of.id}": \`${decides}\` can't be a function`, mend);
    if (this.#filtering.perReceiver)
      refuseThreads(siblings, `Broadcaster "${this.#of.id}": a filter can't have \`filterFor\``, mend);
  }

  /** What becomes of a message that so many get. */
  delivery(receivers: number): Delivery {
    return new Delivery(receivers, this.#parts.outflow);
  }

  #deliver(entry: LogEntry, remembered: boolean, left?: Subscription): void {
    const { fanout } = this.#of;
    if (!remembered) return fanout.deliverOnce(entry, left);
    this.#parts.log.append(entry);
    fanout.deliver(entry, left);
  }

  #send(outgoing: Outgoing, to: Resource | Iterable<Resource>): Delivery {
    const payload = outgoing.encode(outgoing.message);
    const view = this.#filtering.view(outgoing);
    let receivers = 0;
    for (const resource of Symbol.iterator in to ? new Set(to) : [to]) {
      const own = view ? view(resource) : payload;
      if (own === undefined) continue;
      receivers++;
      resource.listeners.watcher()?.(outgoing.message);
      resource.send(own);
    }
    return this.delivery(receivers);
  }
}
