import type { ClientHistory, GapNotice, History } from './history.fixture';
import { judgeSpeech } from './speech.fixture';
import { TimelineReader, type Attachment, type Due, type Timeline } from './timeline.fixture';

/** A promise that was broken. */
export interface Violation {
  readonly client: string;
  readonly kind: string;
  readonly what:
    | 'foreign' // got what it was not sent
    | 'garbled' // got what is no message
    | 'doubled' // got the same again
    | 'reordered' // got a later message before an earlier one
    | 'lost' // did not get what it was due, and was not told
    | 'stalled' // did not get it for long, although the connection was up
    | 'forgotten' // was given another uuid although its own had not lapsed
    | 'unheard' // said something, was told that it was heard, and it was not
    | 'heard twice' // said something once, and it was handled twice
    | 'misheard'; // the server handled what it never said
  readonly detail: string;
}

/** How long a message may be under way to a connection that nobody touches, in milliseconds. */
const STALLED_MILLIS = 8000;

/** Holds what the clients got against what the server sent, and gives every promise that was broken. */
export function judge(history: History): Violation[] {
  return history.clients.flatMap((client) => new Ledger(client, history).violations());
}

/** The account of one client. */
class Ledger {
  readonly #violations: Violation[] = [];
  readonly #timeline: Timeline;
  readonly #places: ReadonlyMap<number, number>;
  /** Places of what was received, in the order of receiving, repeats that are allowed left out. */
  readonly #firsts: { readonly place: number; readonly attempt: number }[] = [];

  constructor(
    private readonly client: ClientHistory,
    private readonly history: History,
  ) {
    this.#timeline = new TimelineReader(client).read(history.server);
    this.#places = new Map(this.#timeline.due.map(({ id }, place) => [id, place]));
  }

  violations(): Violation[] {
    for (const text of this.client.garbage) this.#blame('garbled', JSON.stringify(text.slice(0, 200)));
    this.#checkIdentity();
    this.#checkOrder();
    this.#checkMissing();
    for (const { what, detail } of judgeSpeech(this.client, this.history.server)) this.#blame(what, detail);
    return this.#violations;
  }

  /** A server that gives everybody a new uuid each time has no gap that it did not tell, and keeps no promise. */
  #checkIdentity(): void {
    for (const { attempt, asked, absence, fresh, forgettable } of this.#timeline.attachments) {
      if (!fresh || asked === undefined || forgettable || absence === undefined) continue;
      if (absence < this.history.windowMillis)
        this.#blame('forgotten', `attempt ${attempt} came back with ${asked} after ${absence} ms`);
    }
  }

  #checkOrder(): void {
    const seen = new Map<number, number>();
    const lastOf = new Map<number, number>();
    let last = -1;
    for (const { id, attempt } of this.client.received) {
      const place = this.#places.get(id);
      if (place === undefined) {
        this.#blame('foreign', `message ${id} came with attempt ${attempt}`);
        continue;
      }
      const first = seen.get(id);
      const again = first !== undefined && this.#mayRepeat(first, attempt);
      if (first !== undefined && !again)
        this.#blame('doubled', `message ${id} came with attempts ${first} and ${attempt}`);
      else if (place < (again ? (lastOf.get(attempt) ?? -1) : last))
        this.#blame('reordered', `message ${id} came with attempt ${attempt} after ${this.#idAt(last)}`);
      lastOf.set(attempt, place);
      if (first !== undefined) continue;
      seen.set(id, attempt);
      last = Math.max(last, place);
      this.#firsts.push({ place, attempt });
    }
  }

  /**
   * Whether what came with one attempt may come again with another: only when a connection broke in between, and what came
   * with an answer that was whole only when the process that gave it was killed.
   */
  #mayRepeat(first: number, attempt: number): boolean {
    const { promised } = this.client;
    const { attachments } = this.#timeline;
    const from = attachments.findIndex((one) => one.attempt === first);
    const until = attachments.findLastIndex((one) => one.attempt === attempt);
    const between = attachments.slice(from, until);
    if (promised === 'at-least-once') return between.some((one) => this.#broke(one));
    const run = attachments[from]?.run;
    return promised === 'at-least-once, polling' && between.some((one) => one.run === run && one.fell === 'killed');
  }

  #broke({ fell, attempt }: Attachment): boolean {
    return fell !== undefined || this.client.harmed.has(attempt);
  }

  #checkMissing(): void {
    const { due, attachments } = this.#timeline;
    const received = [...this.#firsts].sort((a, b) => a.place - b.place);
    let next = 0;
    for (const [place, message] of due.entries()) {
      if (received[next]?.place === place) {
        next++;
        continue;
      }
      const later = received[next];
      const until = later
        ? attachments.findLastIndex(({ attempt }) => attempt === later.attempt)
        : attachments.length - 1;
      const noticed = this.client.gapNotices?.some((notice) => this.#covers(notice, message, next));
      if (!message.uncertain && !noticed) this.#checkLoss(message, until, later === undefined);
    }
  }

  /**
   * Whether a notice stands for a message that is missing: where it would have been, or later, but before the next message
   * of its topic. Of what a client missed while it was away, it may be told once, before any of it that is left.
   *
   * @param next how many messages came before it should have come
   */
  #covers({ attempt, after }: GapNotice, { topic, from, live }: Due, next: number): boolean {
    const { due } = this.#timeline;
    const nextOfTopic = this.#firsts.findIndex(({ place }, index) => index >= next && due[place]?.topic === topic);
    if (after >= next && (nextOfTopic < 0 || after <= nextOfTopic)) return true;
    const index = this.#timeline.attachments.findIndex((one) => one.attempt === attempt);
    return after < next && this.#firsts[next]?.attempt === attempt && (live ? from < index : from <= index);
  }

  /** @param until index of the attachment that brought the next message. */
  #checkLoss(message: Due, until: number, isLast: boolean): void {
    const { attachments } = this.#timeline;
    const why = `message ${message.id} did not come, the next came with attempt ${attachments[until]?.attempt}`;
    // The service could not be told before the answer to a poll had ended: it is told with the next poll.
    const last = this.client.polls ? until + 1 : until;
    const first = message.live ? message.from + 1 : message.from;
    if (attachments.slice(first, last + 1).some((one) => this.#tells(one))) return;
    if (isLast) return this.#blame('lost', `message ${message.id} did not come, and nothing after it`);
    const { promised } = this.client;
    if (promised === 'exactly-once' || promised === 'at-least-once') return this.#blame('lost', why);
    const between = attachments.slice(message.from, until);
    // The connection that brought the next message is not among them: what it brings, it brings whole.
    const broken = between.find((one) => this.#broke(one));
    if (!broken) return this.#blame('lost', why);
    this.#checkStall(message, broken);
  }

  /** Whether the client knows that something may be missing: where there are notices, it has none when it begins anew. */
  #tells({ told, fresh, asked }: Attachment): boolean {
    return this.client.gapNotices ? fresh && asked === undefined : told;
  }

  /** What was sent long before the connection broke can't have been on its way still. */
  #checkStall({ id, from, live, at }: Due, broken: Attachment): void {
    const { attempt } = broken;
    if (!live || this.#timeline.attachments[from] !== broken || broken.fell) return;
    const { harmed, slowed } = this.client;
    const since = Math.min(harmed.get(attempt) ?? Infinity, slowed.get(attempt) ?? Infinity);
    if (since - at > STALLED_MILLIS)
      this.#blame('stalled', `message ${id} had not come with attempt ${attempt} after ${since - at} ms`);
  }

  #idAt(place: number): number | undefined {
    return this.#timeline.due[place]?.id;
  }

  #blame(what: Violation['what'], detail: string): void {
    const { client, kind } = this.client;
    this.#violations.push({ client, kind, what, detail });
  }
}
