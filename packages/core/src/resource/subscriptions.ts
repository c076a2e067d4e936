import type { Broadcaster } from '../broadcaster/broadcaster';
import type { LogBounds } from '../log/message-log';
import { Departures } from './departures';
import type { Absent, Subscribed } from './subscription';

const none: readonly never[] = [];

/** From so many on they are found by name; to look at each of fewer takes no longer, and needs no table. */
const MANY = 8;

/** Many subscriptions by name. */
interface Index {
  /** Name of a broadcaster -> the subscription before its own; undefined for that of the first. */
  readonly before: Map<string, Subscribed | undefined>;
  last: Subscribed | undefined;
}

/** What few resources have. */
interface Rarities {
  index: Index | undefined;
  departures: Departures | undefined;
  /** By the names of the broadcasters. */
  absent: Map<string, Absent>;
}

/** Where a resource is subscribed, where it was and is owed something yet, and where it is to be again. */
export class Subscriptions {
  /** The oldest of its subscriptions. Each has the next: most resources have one, and a list would take as much again. */
  first: Subscribed | undefined = undefined;
  #rarities: Rarities | undefined;

  get subscriptions(): readonly Subscribed[] {
    const { first } = this;
    if (!first) return none;
    // Nearly all have one: a list that grows has room for more.
    if (!first.next) return [first];
    const all: Subscribed[] = [];
    for (let each: Subscribed | undefined = first; each; each = each.next) all.push(each);
    return all;
  }

  /** How many subscriptions there are. */
  get count(): number {
    const index = this.#rarities?.index;
    let count = index?.before.size ?? 0;
    if (!index) for (let each = this.first; each; each = each.next) count++;
    return count;
  }

  find({ id }: Broadcaster): Subscribed | undefined {
    const before = this.#rarities?.index?.before;
    if (before) return before.has(id) ? (before.get(id)?.next ?? this.first) : undefined;
    let found = this.first;
    while (found && found.broadcaster.id !== id) found = found.next;
    return found;
  }

  add(subscription: Subscribed): void {
    const index = this.#rarities?.index;
    const last = index ? index.last : this.before(undefined);
    if (last) last.next = subscription;
    else this.first = subscription;
    if (!index) return this.count < MANY ? undefined : this.makeIndex(subscription);
    index.before.set(subscription.broadcaster.id, last);
    index.last = subscription;
  }

  remove(subscription: Subscribed): void {
    const { next, broadcaster } = subscription;
    const index = this.#rarities?.index;
    if (this.find(broadcaster) !== subscription) return;
    const before = index ? index.before.get(broadcaster.id) : this.before(subscription);
    // It keeps its own next, for who is on the way along the list.
    if (before) before.next = next;
    else this.first = next;
    if (!index) return;
    index.before.delete(broadcaster.id);
    if (next) index.before.set(next.broadcaster.id, before);
    else index.last = before;
  }

  /** Those that have ended; undefined while none has that is of interest. */
  get departures(): Departures | undefined {
    return this.#rarities?.departures;
  }

  protected makeDepartures(bounds: LogBounds): Departures {
    return (this.rarities.departures ??= new Departures(bounds));
  }

  /** Those of an earlier run of the server, to broadcasters that are not there yet. */
  get absent(): readonly Absent[] {
    return this.#rarities && this.#rarities.absent.size > 0 ? [...this.#rarities.absent.values()] : none;
  }

  /** The place in a broadcaster of that name that is not there yet, if there is one. */
  findAbsent(id: string): Absent | undefined {
    return this.#rarities?.absent.get(id);
  }

  addAbsent(absent: Absent): void {
    this.rarities.absent.set(absent.id, absent);
  }

  /** The broadcaster of that name is there. */
  appeared(id: string): void {
    this.#rarities?.absent.delete(id);
  }

  // Not `#`: that would take a word of memory in each instance.
  private get rarities(): Rarities {
    return (this.#rarities ??= { index: undefined, departures: undefined, absent: new Map() });
  }

  /** The one before another; of none, the last. */
  private before(subscription: Subscribed | undefined): Subscribed | undefined {
    let before: Subscribed | undefined;
    for (let each = this.first; each && each !== subscription; each = each.next) before = each;
    return before;
  }

  private makeIndex(last: Subscribed): void {
    const before: Index['before'] = new Map();
    let previous: Subscribed | undefined;
    for (let each = this.first; each; each = each.next) {
      before.set(each.broadcaster.id, previous);
      previous = each;
    }
    this.rarities.index = { before, last };
  }
}
