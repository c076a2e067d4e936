import type { ClientHistory, Holder, ServerNote } from './history.fixture';

/** A connection of a client, as the server saw it. */
export interface Attachment {
  readonly attempt: number;
  readonly uuid: string;
  readonly asked: string | undefined;
  readonly run: number;
  /** Whether the client, or the service, was told that what went before may be incomplete. */
  told: boolean;
  /** How the process was ended in which it was the client's last one; undefined while it was not. */
  fell: 'stopped' | 'killed' | undefined;
  /** How long the server had not seen the resource that was asked for; undefined if never. */
  readonly absence: number | undefined;
  /** Whether the resource that was asked for is of an earlier process that left nothing behind. */
  readonly forgettable: boolean;
  readonly fresh: boolean;
}

/** A message that a client is due. */
export interface Due {
  readonly id: number;
  readonly topic: string;
  /** Index of the first attachment that it can have been written to. */
  readonly from: number;
  /** Whether that one held the resource when the message was sent; else it waited for it. */
  readonly live: boolean;
  readonly at: number;
  /** The process ended before the message was safe, or before it noted anything else: it may have been sent or not. */
  uncertain: boolean;
}

/** What the server did for one client. */
export interface Timeline {
  readonly attachments: readonly Attachment[];
  readonly due: readonly Due[];
}

interface Seen {
  readonly run: number;
  at: number;
}

/** Reads what the server noted as one client must have seen it. */
export class TimelineReader {
  readonly #attachments: Attachment[] = [];
  readonly #due: Due[] = [];
  readonly #seen = new Map<string, Seen>();
  #held: Holder = 'gone';
  #uuid: string | undefined;
  #run = 0;
  #durable = false;
  /** Messages that are lost if the process ends now: what a durable store has not promised, else no more than the very last. */
  readonly #unsafe = new Map<number, Due>();

  constructor(private readonly history: Pick<ClientHistory, 'client' | 'topics'>) {}

  read(notes: readonly ServerNote[]): Timeline {
    for (const note of notes) this.#take(note);
    return { attachments: this.#attachments, due: this.#due };
  }

  #take(note: ServerNote): void {
    if (note.note === 'run') return this.#begin(note);
    if (note.note === 'safe') return void this.#unsafe.delete(note.id);
    if (!this.#durable) this.#unsafe.clear();
    if (note.note === 'send') return this.#send(note);
    if (note.note === 'clock') return;
    if (note.client !== this.history.client) return;
    if (note.note === 'connect') this.#connect(note);
    else if (note.note === 'held') this.#hold(note);
    else if (note.note === 'ready' && note.gap) this.#tell(note.attempt);
    else if (note.note === 'end' && note.uuid === this.#uuid) this.#held = 'gone';
  }

  #begin({ run, durable, killed }: Extract<ServerNote, { note: 'run' }>): void {
    const last = this.#attachments.at(-1);
    if (last?.run === this.#run) last.fell = killed ? 'killed' : 'stopped';
    for (const message of this.#unsafe.values()) message.uncertain = true;
    this.#unsafe.clear();
    this.#run = run;
    this.#durable = durable;
    this.#held = durable && this.#held !== 'gone' ? 'away' : 'gone';
  }

  #send({ id, topic, at }: Extract<ServerNote, { note: 'send' }>): void {
    if (this.#held === 'gone' || !this.history.topics.includes(topic)) return;
    const held = this.#held;
    if (held !== 'away') this.#see(at);
    const live = held === 'away' ? -1 : this.#attachments.findLastIndex(({ attempt }) => attempt === held);
    const due = { id, topic, from: live < 0 ? this.#attachments.length : live, live: live >= 0, at, uncertain: false };
    this.#due.push(due);
    this.#unsafe.set(id, due);
  }

  #connect({ attempt, uuid, asked, fresh, at }: Extract<ServerNote, { note: 'connect' }>): void {
    const seen = asked === undefined ? undefined : this.#seen.get(asked);
    this.#attachments.push({
      attempt,
      uuid,
      asked,
      run: this.#run,
      told: fresh,
      fell: undefined,
      absence: seen && at - seen.at,
      forgettable: seen !== undefined && seen.run !== this.#run && !this.#durable,
      fresh,
    });
    if (fresh) this.#held = 'away';
    this.#uuid = uuid;
    this.#seen.set(uuid, { run: this.#run, at });
  }

  #hold({ by, at }: Extract<ServerNote, { note: 'held' }>): void {
    this.#held = by;
    if (typeof by === 'number') this.#see(at);
  }

  #see(at: number): void {
    const seen = this.#uuid === undefined ? undefined : this.#seen.get(this.#uuid);
    if (seen) seen.at = at;
  }

  #tell(attempt: number): void {
    const attachment = this.#attachments.findLast((one) => one.attempt === attempt);
    if (attachment) attachment.told = true;
  }
}
