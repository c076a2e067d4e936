import { type Handshake, isTrackingId, parseGapNotice, parseHandshake, parsePositioned } from '@ionosphere/protocol';
import type { ClientHistory, GapNotice, Promised, Receipt, Said } from '../history.fixture';
import { bodyOf, idOf } from '../message.fixture';
import type { Random } from '../random.fixture';

/** What a client is told when it is made. */
export interface ClientSettings {
  readonly client: string;
  readonly kind: string;
  readonly promised: Promised;
  /** Whether its connections end with what they bring. */
  readonly polls: boolean;
  /** Port of the proxy. */
  readonly port: number;
  /** Path of the service. */
  readonly path: string;
  /** Topics besides that of the path. */
  readonly others: readonly string[];
  readonly random: Random;
  /** After how long without a byte a connection is given up, in milliseconds. */
  readonly silenceMillis: number;
}

/** How a connection ended: by itself, as polls do, or it broke. */
type Ended = 'whole' | 'broken';

/** A client that comes back whenever its connection breaks, and writes down what it gets. */
export abstract class ChaosClient {
  readonly received: Receipt[] = [];
  readonly garbage: string[] = [];
  readonly said: Said[] = [];
  readonly harmed = new Map<number, number>();
  readonly slowed = new Map<number, number>();
  /** When the last byte came, in milliseconds since the epoch. */
  lastByte = 0;
  /** Answers that were neither messages nor an end: status, or the code of a failure. */
  readonly refusals: string[] = [];
  readonly gapNotices: GapNotice[] = [];
  protected uuid: string | undefined;
  #epoch: string | undefined;
  #sequence = -1;
  #attempt = 0;
  #absentUntil = 0;
  #retry: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(readonly settings: ClientSettings) {}

  /** Opens a connection, and tells of it with the calls below. */
  protected abstract open(attempt: number): void;
  /** Drops the connection without a word. */
  protected abstract drop(): void;
  /** Sends a message of its own; `said` learns the outcome. */
  protected abstract send(said: Said): void;

  get history(): ClientHistory {
    const { client, kind, promised, polls, path, others } = this.settings;
    const { received, garbage, said, harmed, slowed } = this;
    const { gapNotices } = this;
    const topics = [path, ...others, `@${client}`];
    return {
      ...{ client, kind, promised, polls, topics, received, harmed, slowed, garbage, said },
      ...(this.positioned && { gapNotices }),
    };
  }

  start(): void {
    this.#next(0);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.drop();
  }

  has(id: number): boolean {
    return this.received.some((receipt) => receipt.id === id);
  }

  /** Says something that nobody else says, and itself says once. */
  speak(): void {
    const text = `${this.settings.client} says ${bodyOf(this.said.length)}`;
    const said: Said = { text, outcome: 'unknown' };
    this.said.push(said);
    this.send(said);
  }

  /** Gives the connection up, and stays away for a time. */
  leaveFor(millis: number): void {
    this.#absentUntil = Date.now() + millis;
    this.#giveUp();
  }

  harm(attempt: number): void {
    if (!this.harmed.has(attempt)) this.harmed.set(attempt, Date.now());
  }

  slow(attempt: number): void {
    if (!this.slowed.has(attempt)) this.slowed.set(attempt, Date.now());
  }

  /** Query of a request that connects. */
  protected query(parameters: Readonly<Record<string, string>>, attempt: number): string {
    const { client, others, path } = this.settings;
    const own = { client, attempt: String(attempt), topics: others.join(',') };
    return `${path}?${new URLSearchParams({ ...own, ...parameters }).toString()}`;
  }

  /** Bytes came, whatever they mean. */
  protected alive(attempt: number): void {
    if (attempt !== this.#attempt || this.#stopped) return;
    this.lastByte = Date.now();
    this.#watch();
  }

  /** A text came: a message, or something of the protocol. */
  protected take(text: string, attempt: number): void {
    // What was dropped is not read any more.
    if (attempt !== this.#attempt || this.#stopped || text === 'X') return;
    if (this.#noticed(text, attempt)) return;
    const own = this.#unnumbered(text);
    const id = idOf(own);
    if (id !== undefined) return void this.received.push({ id, attempt });
    const handshake = parseHandshake(text);
    if (handshake?.padding === 'X' && isTrackingId(handshake.uuid)) this.#greeted(handshake);
    // A message of its own was refused.
    else if (own.startsWith('{"error":')) this.refusals.push(own);
    else this.garbage.push(text);
  }

  /** Whether it says where it is when it comes back. */
  protected get positioned(): boolean {
    return this.settings.kind.includes('positions');
  }

  /** What it says of that. */
  protected get position(): Record<string, string> {
    if (!this.positioned) return {};
    const { uuid } = this;
    const known = uuid !== undefined && this.#epoch !== undefined;
    return { 'X-Ionosphere-Position': known ? `${this.#epoch}.${this.#sequence}` : '' };
  }

  #greeted({ uuid, position }: Handshake): void {
    if (position && position.epoch !== this.#epoch) this.#sequence = position.sequence;
    this.uuid = uuid;
    this.#epoch = position?.epoch;
  }

  #noticed(text: string, attempt: number): boolean {
    const sequence = this.positioned ? parseGapNotice(text) : undefined;
    if (sequence === undefined) return false;
    this.#sequence = sequence;
    this.gapNotices.push({ attempt, after: this.received.length });
    return true;
  }

  #unnumbered(text: string): string {
    const message = this.positioned ? parsePositioned(text) : undefined;
    if (!message) return text;
    this.#sequence = message.sequence;
    return String(message.payload);
  }

  /** The connection of an attempt is over. */
  protected over(attempt: number, ended: Ended): void {
    if (attempt !== this.#attempt || this.#stopped) return;
    clearTimeout(this.#silence);
    const pause = ended === 'whole' ? this.pauseMillis : this.settings.random.whole(20, 150);
    this.#next(Math.max(pause, this.#absentUntil - Date.now()));
  }

  /** How long it waits after a connection that ended by itself. */
  protected get pauseMillis(): number {
    return 0;
  }

  #next(millis: number): void {
    const attempt = ++this.#attempt;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#watch();
      this.open(attempt);
    }, millis);
  }

  #watch(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#giveUp(), this.settings.silenceMillis);
  }

  #giveUp(): void {
    const attempt = this.#attempt;
    this.harm(attempt);
    this.drop();
    this.over(attempt, 'broken');
  }
}
