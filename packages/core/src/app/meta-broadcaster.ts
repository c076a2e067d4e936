import type { Broadcaster, BroadcastOptions } from '../broadcaster/broadcaster';
import type { BroadcasterFactory } from '../broadcaster/broadcaster-factory';
import type { BroadcasterListener } from '../broadcaster/broadcaster-listener';
import type { Delivery, DeliveryReport } from '../broadcaster/delivery';
import { RoomBroadcaster } from '../rooms/room-broadcaster';
import type { Scheduled } from '../broadcaster/schedule';
import { refuseThreads, type Siblings } from '../broadcaster/siblings';
import { parseTemplate } from '../request/template';

/**
 * Sends to every broadcaster whose name matches a pattern: `/chat/blue` one, `/chat/{room}` those one segment below
 * `/chat`, `/chat/*` all below it, `/*` all that there are. No pattern reaches the broadcasters of rooms: a member is
 * reached by its path already, and what goes out in a room is in the words of its dialect.
 */
export class MetaBroadcaster {
  readonly #factory: BroadcasterFactory;
  readonly #siblings: Siblings | undefined;

  /** @param siblings there when other threads run the same services */
  constructor(factory: BroadcasterFactory, siblings?: Siblings) {
    this.#factory = factory;
    this.#siblings = siblings;
  }

  /**
   * Resolves, when all was written, with the sum of the receivers. Throws for a pattern that can't be read, and in several
   * threads for every pattern. A broadcaster that throws keeps nothing from the others; then throws what the first of them
   * threw. All of this is thrown at once, as by `broadcast`: who does not wait for the promise is told, too.
   */
  broadcastTo(pattern: string, value: unknown, options?: BroadcastOptions): Promise<DeliveryReport> {
    const deliveries: Delivery[] = [];
    const errors: unknown[] = [];
    for (const broadcaster of this.matching(pattern)) {
      try {
        deliveries.push(broadcaster.broadcast(value, options));
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
    const report = reportOf(deliveries);
    // That a store has failed is told to those who wait, as by `broadcast`, and ends no process of those who don't.
    report.catch(() => undefined);
    return report;
  }

  /** Broadcasts once, after a number of milliseconds, to the broadcasters that match now. */
  delayTo(pattern: string, value: unknown, millis: number): Scheduled {
    return together(this.matching(pattern).map((broadcaster) => broadcaster.delayBroadcast(value, millis)));
  }

  /** Broadcasts again and again to the broadcasters that match now. A function is called each time, for each of them. */
  scheduleTo(pattern: string, value: unknown, period: number): Scheduled {
    return together(this.matching(pattern).map((broadcaster) => broadcaster.scheduleFixedBroadcast(value, period)));
  }

  /** From now on the listener is told of what happens to all broadcasters. */
  addBroadcasterListener(listener: BroadcasterListener): void {
    this.#factory.addListener(listener);
  }

  removeBroadcasterListener(listener: BroadcasterListener): void {
    this.#factory.removeListener(listener);
  }

  /** The broadcasters whose names match. */
  matching(pattern: string): Broadcaster[] {
    const exact = this.#factory.find(pattern);
    if (exact) return [exact];
    // It may be in another thread, where a broadcast finds it.
    if (this.#siblings && !isPattern(pattern)) return [this.#factory.lookup(pattern)];
    const mend = 'broadcast to each of them by its name, with broadcasters.lookup(name)';
    refuseThreads(this.#siblings, `"${pattern}" can't tell which broadcasters there are`, mend);
    if (pattern === '/*') return this.#addressable();
    // The name of one that is not there.
    if (!pattern.startsWith('/')) return [];
    const template = parseTemplate(pattern, 'MetaBroadcaster');
    return this.#addressable().filter(({ id }) => template.match(id));
  }

  #addressable(): Broadcaster[] {
    return this.#factory.all().filter((broadcaster) => !(broadcaster instanceof RoomBroadcaster));
  }
}

async function reportOf(deliveries: readonly Delivery[]): Promise<DeliveryReport> {
  const reports = await Promise.all(deliveries);
  return {
    receivers: reports.reduce((sum, { receivers }) => sum + receivers, 0),
    writtenAt: reports.reduce((latest, { writtenAt }) => Math.max(latest, writtenAt), 0),
  };
}

function isPattern(name: string): boolean {
  return /[{*]/.test(name);
}

function together(scheduled: readonly Scheduled[]): Scheduled {
  return { cancel: () => scheduled.map((one) => one.cancel()).some((cancelled) => cancelled) };
}
