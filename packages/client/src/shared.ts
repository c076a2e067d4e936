import type { Reply } from '@ionosphere/protocol';
import { Connection } from './connection';
import type { LineListener, StateChange } from './status';
import type { Channel, Environment } from './environment';
import { ClientError } from './errors';
import type { Line, LineParts } from './line';
import type { Outgoing } from './outbox';
import { NEW_SESSION, type Session } from './session';

/** What tabs say to each other. Errors cross as code and text. */
type Note =
  | { readonly type: 'hello' | 'bye' | 'retry' }
  | { readonly type: 'status'; readonly change: PlainChange; readonly session: Session; readonly isNew: boolean }
  | { readonly type: 'submit'; readonly outgoing: Outgoing }
  | { readonly type: 'cancel'; readonly key: string }
  | { readonly type: 'message'; readonly payload: string | Uint8Array; readonly session: Session }
  | { readonly type: 'reply'; readonly reply: Reply; readonly session: Session }
  | { readonly type: 'failed'; readonly key: string; readonly error: PlainError }
  | { readonly type: 'gap' }
  | { readonly type: 'local'; readonly message: unknown }
  | { readonly type: 'ended'; readonly by: 'server' | 'failure'; readonly error: PlainError };

type PlainError = Pick<ClientError, 'code' | 'message'>;
type PlainChange = Omit<StateChange, 'reason'> & { readonly reason: PlainError | undefined };
type Envelope = Note & { readonly from: string };

const plain = ({ code, message }: ClientError): PlainError => ({ code, message });
const revived = ({ code, message }: PlainError): ClientError => new ClientError(code, message);

/** Whether tabs can find each other here, and agree on a leader. */
export function canShare({ channel, lock }: Environment): boolean {
  return channel !== undefined && lock !== undefined;
}

/**
 * One connection for all tabs of a browser that ask for the same URL. Who holds the lock is the leader and has the connection;
 * the others speak through it. When its tab closes, the browser gives the lock to another one, which goes on as the same
 * client, where the old one was; what has no reply is sent again under its key, and so is handled once.
 */
export class SharedLine implements Line {
  readonly #parts: LineParts;
  readonly #id: string;
  readonly #name: string;
  /** Own messages without an outcome, and those without a key that wait for a leader. */
  readonly #unsettled = new Map<string, Outgoing>();
  readonly #unsent: Outgoing[] = [];
  readonly #others = new Set<string>();
  #channel: Channel | undefined;
  #candidacy: AbortController | undefined;
  #resign: (() => void) | undefined;
  #connection: Connection | undefined;
  #leader: string | undefined;
  #session: Session = NEW_SESSION;

  constructor(parts: LineParts) {
    this.#parts = parts;
    const { environment, settings } = parts;
    this.#id = environment.random().toString(36).slice(2);
    this.#name = `ionosphere:${settings.url.href}`;
  }

  start(): void {
    const { environment } = this.#parts;
    this.#channel = environment.channel?.(this.#name);
    if (this.#channel) this.#channel.onmessage = ({ data }) => this.#heard(data as Envelope);
    this.#say({ type: 'hello' });
    const candidacy = new AbortController();
    this.#candidacy = candidacy;
    environment
      .lock?.(this.#name, candidacy.signal, () => (candidacy.signal.aborted ? Promise.resolve() : this.#lead()))
      .catch((error: unknown) => candidacy.signal.aborted || environment.report(error));
  }

  submit(outgoing: Outgoing): void {
    if (outgoing.key !== '') this.#unsettled.set(outgoing.key, outgoing);
    if (this.#connection) this.#connection.submit(outgoing);
    else if (this.#leader) this.#say({ type: 'submit', outgoing });
    else if (outgoing.key === '') this.#unsent.push(outgoing);
  }

  cancel(key: string): void {
    this.#unsettled.delete(key);
    if (this.#connection) this.#connection.cancel(key);
    else this.#say({ type: 'cancel', key });
  }

  retry(): void {
    if (this.#connection) this.#connection.retry();
    else this.#say({ type: 'retry' });
  }

  readonly tell = (message: unknown): void => this.#say({ type: 'local', message });

  async close(): Promise<void> {
    await this.#leave();
  }

  online(): void {
    this.#connection?.retry();
  }

  offline(): void {
    this.#connection?.offline();
  }

  visible(): void {
    if (this.#connection) this.#connection.visible();
    else this.#say({ type: 'hello' });
  }

  /** A page that is kept sleeps, and a leader must not. */
  leaving(): void {
    void this.#leave();
  }

  returned(): void {
    this.start();
  }

  /** The lock is held, and the connection kept, until this settles. */
  #lead(): Promise<void> {
    const { listener } = this.#parts;
    const all: LineListener = {
      changed: (change) => {
        listener.changed(change);
        this.#sayStatus(false);
      },
      message: (payload) => {
        this.#say({ type: 'message', payload, session: this.#ofConnection });
        listener.message(payload);
      },
      reply: (reply) => {
        this.#say({ type: 'reply', reply, session: this.#ofConnection });
        this.#replied(reply);
      },
      gap: () => {
        this.#say({ type: 'gap' });
        listener.gap();
      },
      failed: (key, error) => {
        // Who leaves has given up nothing: the next leader goes on with it.
        if (!this.#connection) return;
        this.#say({ type: 'failed', key, error: plain(error) });
        this.#failed(key, error);
      },
      local: () => undefined,
      ended: (by, error) => {
        this.#say({ type: 'ended', by, error: plain(error) });
        void this.#leave();
        listener.ended(by, error);
      },
    };
    const held = new Promise<void>((resolve) => (this.#resign = resolve));
    this.#leader = this.#id;
    this.#connection = new Connection({ ...this.#parts, listener: all, session: this.#session });
    this.#connection.start();
    this.#resubmit();
    this.#sayStatus(true);
    return held;
  }

  get #ofConnection(): Session {
    return this.#connection?.session ?? this.#session;
  }

  #heard(note: Envelope): void {
    if (note.type === 'bye') {
      this.#others.delete(note.from);
      // What is sent from now on waits for the next leader.
      if (this.#leader === note.from) this.#leader = undefined;
    } else this.#others.add(note.from);
    if (note.type === 'local') return this.#parts.listener.local(note.message);
    if (this.#connection) this.#asLeader(note, this.#connection);
    else this.#asFollower(note);
  }

  #asLeader(note: Envelope, connection: Connection): void {
    if (note.type === 'hello') this.#sayStatus(false);
    else if (note.type === 'submit') connection.submit(note.outgoing);
    else if (note.type === 'cancel') connection.cancel(note.key);
    else if (note.type === 'retry') connection.retry();
  }

  #asFollower(note: Envelope): void {
    const { listener } = this.#parts;
    if ('session' in note) this.#session = note.session;
    if (note.type === 'status') {
      const isNew = note.isNew || this.#leader !== note.from;
      this.#leader = note.from;
      if (isNew) this.#resubmit();
      const { reason } = note.change;
      listener.changed({ ...note.change, reason: reason && revived(reason) });
    } else if (note.type === 'message') listener.message(note.payload);
    else if (note.type === 'reply') this.#replied(note.reply);
    else if (note.type === 'failed') this.#failed(note.key, revived(note.error));
    else if (note.type === 'gap') listener.gap();
    else if (note.type === 'ended') {
      void this.#leave();
      listener.ended(note.by, revived(note.error));
    }
  }

  #replied(reply: Reply): void {
    // Of what was pushed the leader alone is told.
    if (this.#unsettled.delete(reply.key) || (reply.key === '' && this.#connection)) this.#parts.listener.reply(reply);
  }

  #failed(key: string, error: ClientError): void {
    if (this.#unsettled.delete(key) || (key === '' && this.#connection)) this.#parts.listener.failed(key, error);
  }

  /** Another leader may not have got what the one before it had. */
  #resubmit(): void {
    for (const outgoing of [...this.#unsettled.values(), ...this.#unsent.splice(0)]) {
      if (this.#connection) this.#connection.submit(outgoing);
      else this.#say({ type: 'submit', outgoing });
    }
  }

  #sayStatus(isNew: boolean): void {
    const { change } = this.#connection ?? {};
    if (!change) return;
    const reason = change.reason && plain(change.reason);
    this.#say({ type: 'status', change: { ...change, reason }, session: this.#ofConnection, isNew });
  }

  #say(note: Note): void {
    this.#channel?.postMessage({ ...note, from: this.#id });
  }

  /** A leader that others wait for leaves the client to them. */
  async #leave(): Promise<void> {
    this.#candidacy?.abort();
    this.#say({ type: 'bye' });
    const connection = this.#connection;
    this.#session = this.#ofConnection;
    this.#connection = this.#leader = undefined;
    const told = connection?.close(this.#others.size === 0);
    this.#resign?.();
    this.#resign = undefined;
    this.#channel?.close();
    this.#channel = undefined;
    await told;
  }
}
