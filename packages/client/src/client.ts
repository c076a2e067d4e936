import type { Reply } from '@ionosphere/protocol';
import type { Client, ClientEvents, Ending, Received, SendOptions } from './api';
import type { LineListener, StateChange } from './status';
import type { Environment } from './environment';
import { ClientError, failureOf } from './errors';
import type { Line, LineParts } from './line';
import { Listeners } from './listeners';
import { Messages } from './messages';
import type { Settings } from './options';
import { decode, encode } from './payload';
import { Pending } from './pending';
import { Timers } from './timers';

/** What a client is made of. */
export interface ClientParts {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly openLine: (parts: LineParts) => Line;
}

const SENT_AFTER_END = 'The client is closed. Connect another one.';

/** The face of a connection: values instead of payloads, promises instead of keys. */
export class LineClient<A> implements Client<A> {
  readonly closed: Promise<Ending>;
  readonly #settings: Settings;
  readonly #timers: Timers;
  readonly #line: Line;
  readonly #listeners: Listeners<ClientEvents<A>>;
  readonly #pending: Pending;
  readonly #readers = new Set<Messages<Received<A>>>();
  readonly #unwatch: () => void;
  /** Keys must differ between the tabs that share a connection. */
  readonly #prefix: string;
  #keys = 0;
  #status: StateChange = { state: 'connecting', transport: undefined, retryAt: undefined, reason: undefined };
  #tellEnd!: (ending: Ending) => void;
  #ending: Ending | undefined;

  constructor({ settings, environment, openLine }: ClientParts) {
    this.#settings = settings;
    this.#timers = new Timers(environment);
    this.#pending = new Pending(this.#timers);
    this.#listeners = new Listeners<ClientEvents<A>>((error) => environment.report(error));
    this.closed = new Promise((resolve) => (this.#tellEnd = resolve));
    this.#prefix = environment.random().toString(36).slice(2, 12);
    this.#line = openLine({ settings, environment, timers: this.#timers, listener: this.#lineListener() });
    this.#unwatch = environment.watch({
      online: () => this.#line.online(),
      offline: () => this.#line.offline(),
      visible: () => this.#line.visible(),
      leaving: (mayReturn) => {
        this.#line.leaving(mayReturn);
        if (!mayReturn) this.#end({ by: 'client', error: undefined });
      },
      returned: () => this.#line.returned(),
    });
    this.#line.start();
  }

  get status(): StateChange {
    return this.#status;
  }

  get state(): StateChange['state'] {
    return this.#status.state;
  }

  get transport(): StateChange['transport'] {
    return this.#status.transport;
  }

  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.state === 'live') return resolve();
      const stop = this.on('state', ({ state }) => {
        if (state !== 'live') return;
        stop();
        resolve();
      });
      void this.closed.then(({ error }) => reject(error ?? new ClientError('closed', 'The client was closed.')));
    });
  }

  push(message: unknown): void {
    const payload = encode(message, 'push');
    if (this.#ending) throw new ClientError('closed', SENT_AFTER_END);
    this.#line.submit({ key: '', payload, repeatable: false });
  }

  async send(message: unknown, options: SendOptions = {}): Promise<void> {
    await this.#ask(message, options, 'send');
  }

  async request(message: unknown, options: SendOptions = {}): Promise<never> {
    const { requestSeconds: timeoutSeconds, format } = this.#settings;
    const payload = await this.#ask(message, { timeoutSeconds, ...options }, 'request');
    return (payload === undefined ? undefined : decode(payload, format)) as never;
  }

  pushLocal(message: unknown): void {
    if (!this.#line.tell)
      throw new ClientError('unsupported', 'pushLocal: this connection is not shared with other tabs.');
    this.#line.tell(message);
  }

  on<E extends keyof ClientEvents<A>>(event: E, listener: ClientEvents<A>[E]): () => void {
    return this.#listeners.add(event, listener);
  }

  retry(): void {
    if (!this.#ending) this.#line.retry();
  }

  async close(): Promise<void> {
    if (this.#ending) return;
    const told = this.#line.close();
    this.#end({ by: 'client', error: undefined });
    await told;
  }

  [Symbol.asyncIterator](): Messages<Received<A>> {
    const reader = new Messages<Received<A>>((left) => this.#readers.delete(left));
    if (this.#ending) reader.end(this.#ending.by === 'failure' ? this.#ending.error : undefined);
    else this.#readers.add(reader);
    return reader;
  }

  async #ask(message: unknown, options: SendOptions, where: string): Promise<string | Uint8Array | undefined> {
    const { signal, timeoutSeconds, repeatable = false } = options;
    if (timeoutSeconds !== undefined && !(timeoutSeconds > 0))
      throw new ClientError('bad-option', `${where}: timeoutSeconds is ${timeoutSeconds}; it must be a number above 0`);
    const payload = encode(message, where);
    if (this.#ending) throw new ClientError('closed', SENT_AFTER_END);
    if (signal?.aborted) throw new ClientError('aborted', 'The request was given up.', { cause: signal.reason });
    const key = `${this.#prefix}-${(++this.#keys).toString(36)}`;
    const outcome = this.#pending.wait(key, options, () => this.#line.cancel(key));
    this.#line.submit({ key, payload, repeatable });
    return outcome;
  }

  #lineListener(): LineListener {
    return {
      changed: (change) => this.#changed(change),
      message: (payload) => this.#received(decode(payload, this.#settings.format) as Received<A>),
      reply: (reply) => this.#replied(reply),
      gap: () => this.#listeners.tell('gap'),
      failed: (key, error) => {
        if (!this.#pending.fail(key, error) && key === '' && error.code !== 'closed')
          this.#listeners.tell('failure', error);
      },
      local: (message) => this.#listeners.tell('local', message),
      ended: (by, error) => this.#end({ by, error }),
    };
  }

  #changed(change: StateChange): void {
    this.#status = change;
    this.#listeners.tell('state', change);
  }

  #received(message: Received<A>): void {
    for (const reader of [...this.#readers]) reader.push(message);
    this.#listeners.tell('message', message);
  }

  #replied(reply: Reply): void {
    if (!this.#pending.settle(reply) && reply.key === '') this.#listeners.tell('failure', failureOf(reply.payload));
  }

  #end(ending: Ending): void {
    if (this.#ending) return;
    this.#ending = ending;
    this.#timers.end();
    this.#unwatch();
    const { error } = ending;
    if (this.state !== 'closed')
      this.#changed({ state: 'closed', transport: undefined, retryAt: undefined, reason: error });
    this.#pending.failAll(error ?? new ClientError('closed', 'The client was closed.'));
    for (const reader of [...this.#readers]) reader.end(ending.by === 'failure' ? error : undefined);
    this.#readers.clear();
    this.#tellEnd(ending);
  }
}
