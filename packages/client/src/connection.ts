import { Attempt } from './attempt';
import { Backoff } from './backoff';
import { ClientError } from './errors';
import { Incoming } from './incoming';
import type { LineParts } from './line';
import type { LinkEnd, LinkListener } from './link';
import { Negotiator } from './negotiator';
import type { LinkName } from './options';
import { Outbox, type Outgoing } from './outbox';
import { Gate } from './gate';
import { farewell } from './farewell';
import { NEW_SESSION, wireUrl, type Session } from './session';
import { Silence } from './silence';
import { Status, type StateChange } from './status';
import type { Timer } from './timers';
import { Upgrade } from './upgrade';
import { Uplink } from './uplink';

/** Keeps one client connected, over whatever transport gets through, and lets nothing be lost. */
export class Connection {
  readonly #parts: LineParts;
  readonly #negotiator: Negotiator;
  readonly #backoff: Backoff;
  readonly #incoming: Incoming;
  readonly #outbox: Outbox;
  readonly #uplink: Uplink;
  readonly #silence: Silence;
  readonly #status: Status;
  #live: Attempt | undefined;
  /** An attempt that is not connected yet; while there is a live one, it is a better transport that is tried. */
  #attempt: Attempt | undefined;
  #wait: Timer | undefined;
  readonly #upgrade: Upgrade;
  readonly #gate = new Gate();
  #lastError: ClientError | undefined;
  /** Whose message is being read. */
  #receiving: Attempt | undefined;

  constructor(parts: LineParts) {
    const { settings, environment, timers, listener, session = NEW_SESSION } = parts;
    this.#parts = parts;
    this.#negotiator = new Negotiator(settings, environment);
    this.#backoff = new Backoff(settings, environment.random);
    this.#upgrade = new Upgrade(parts);
    this.#status = new Status((change) => listener.changed(change));
    this.#outbox = new Outbox(settings.outboxSize, (key, error) => listener.failed(key, error));
    this.#incoming = new Incoming(session, {
      greeted: (forgotten) => this.#greeted(forgotten),
      message: (payload) => listener.message(payload),
      reply: (reply) => {
        if (reply.kind === 'refused' && this.#uplink.refused(reply)) return;
        this.#outbox.settle(reply.key);
        listener.reply(reply);
        this.#uplink.pump();
      },
      gap: () => listener.gap(),
    });
    this.#uplink = new Uplink({
      settings,
      environment,
      timers,
      outbox: this.#outbox,
      url: () => wireUrl(settings, this.#live?.transport ?? 'long-polling', this.session),
      envelopes: () => this.session.memory !== '',
      unknown: (end) => this.#live && this.#ended(this.#live, end),
    });
    this.#silence = new Silence(parts, (error) => this.#live && this.#ended(this.#live, { kind: 'lost', error }));
  }

  get session(): Session {
    return this.#incoming.session;
  }

  get change(): StateChange {
    return this.#status.change;
  }

  start(): void {
    if (this.#parts.environment.isOnline()) this.#connect();
    else this.offline();
  }

  submit(outgoing: Outgoing): void {
    this.#outbox.add(outgoing);
    this.#uplink.pump();
  }

  /** Nobody waits for the message any more: what has not left does not leave. */
  cancel(key: string): void {
    this.#outbox.settle(key);
    this.#uplink.pump();
  }

  /** Tries now, instead of waiting. */
  retry(): void {
    if (this.#status.change.state === 'closed' || this.#live || this.#attempt) return;
    this.#negotiator.again();
    this.#connect();
  }

  /** The network is gone. */
  offline(): void {
    if (this.#status.change.state === 'closed') return;
    this.drop();
    this.#status.become('offline', { reason: new ClientError('unreachable', 'There is no network.') });
  }

  /** The page is looked at again: timers may have slept. */
  visible(): void {
    this.#silence.wakened();
    if (this.#wait) this.retry();
  }

  /** Lets the connection go; the server keeps what is to come. Nothing happens until `retry`. */
  drop(): void {
    this.#abandon();
    this.#down();
  }

  /**
   * Ends it for good. Resolves when the server has been told, as far as that can be.
   *
   * @param leaves whether the server is to forget the client at once
   */
  close(leaves: boolean): Promise<void> {
    if (this.#status.change.state === 'closed') return Promise.resolve();
    const live = this.#live;
    this.#end(leaves);
    this.#outbox.clear(new ClientError('closed', 'The client was closed.'));
    const told = live?.link?.send !== undefined || !leaves || this.session.id === '0';
    return told ? Promise.resolve() : farewell(this.#parts, wireUrl(this.#parts.settings, 'close', this.session));
  }

  #end(leaves = false): void {
    this.#abandon();
    this.#down(leaves);
    this.#status.become('closed', { reason: this.#lastError });
  }

  /** No attempt, no wait. */
  #abandon(): void {
    this.#wait?.cancel();
    this.#wait = undefined;
    this.#upgrade.cancel();
    this.#attempt?.end();
    this.#attempt = undefined;
    this.#gate.open();
  }

  /** @param leaves whether the server may forget the client */
  #down(leaves = false): void {
    this.#live?.end(leaves);
    this.#live = undefined;
    this.#silence.stop();
    this.#uplink.close();
  }

  /** The next attempt of this round, or a wait for the next round. */
  #connect(): void {
    this.#wait?.cancel();
    this.#wait = undefined;
    const transport = this.#negotiator.next();
    if (transport) {
      this.#status.becomeTrying({ reason: this.#lastError });
      this.#open(transport);
      return;
    }
    if (this.#backoff.tries + 1 >= this.#parts.settings.maxAttempts) return this.#giveUp();
    this.#negotiator.again();
    this.#pause();
  }

  #pause(): void {
    const { environment, timers } = this.#parts;
    const millis = this.#backoff.next();
    this.#wait = timers.after(millis, () => this.#connect());
    this.#status.becomeTrying({ reason: this.#lastError, retryAt: environment.now() + millis });
  }

  #giveUp(): void {
    const { maxAttempts, url } = this.#parts.settings;
    const text = `${url.href} was not reached in ${maxAttempts} attempts: ${this.#lastError?.message ?? ''}`;
    this.#finish('failure', new ClientError('unreachable', text, { cause: this.#lastError }));
  }

  #open(transport: LinkName): void {
    const { settings } = this.#parts;
    this.#attempt = new Attempt({
      ...this.#parts,
      transport,
      upgrades: this.#live !== undefined,
      url: (other) => wireUrl(settings, other ?? transport, this.session),
      isKnown: this.session.id !== '0',
      listener: (attempt) => this.#listener(attempt),
      clear: () => (this.#live && this.#attempt ? this.#gate.passed() : undefined),
      late: (attempt) => {
        const error = new ClientError('timeout', `${transport} was not connected within ${settings.connectSeconds} s`);
        this.#ended(attempt, { kind: 'unfit', error });
      },
    });
  }

  #listener(attempt: Attempt): LinkListener {
    const current = (): boolean => !attempt.over;
    return {
      opened: (id) => {
        if (!current() || this.session.id === '0' || (id !== undefined && id !== this.session.id)) return;
        this.#connected(attempt);
      },
      received: (message) => {
        // A connection that has been taken over may still have brought something: its number says whether it is new.
        if (current()) this.#received(attempt, message);
      },
      heard: () => this.#silence.heard(),
      paced: (millis) => this.#backoff.hint(millis),
      ended: (end) => this.#ended(attempt, end),
    };
  }

  #received(attempt: Attempt, message: string | Uint8Array): void {
    this.#silence.heard();
    this.#receiving = attempt;
    this.#incoming.take(message);
  }

  #greeted(forgotten: boolean): void {
    if (forgotten) this.#outbox.forgotten();
    const attempt = this.#receiving;
    // A run of polls begins with the one after the handshake.
    if (attempt && !attempt.over && attempt.transport !== 'long-polling') this.#connected(attempt);
  }

  #connected(attempt: Attempt): void {
    if (attempt === this.#live) return;
    attempt.succeeded();
    this.#attempt = undefined;
    this.#down();
    this.#live = attempt;
    this.#lastError = undefined;
    this.#backoff.succeeded();
    this.#negotiator.succeeded(attempt.transport);
    this.#gate.open();
    this.#silence.start();
    this.#status.become('live', { transport: attempt.transport });
    if (attempt.link) this.#uplink.open(attempt.link);
    this.#planUpgrade(attempt.transport);
  }

  #ended(attempt: Attempt, end: LinkEnd): void {
    if (attempt.over) return;
    const wasLive = attempt === this.#live;
    attempt.end();
    this.#backoff.hint(end.retryMillis);
    if (wasLive) return this.#lost(end);
    this.#attempt = undefined;
    this.#gate.open();
    // A better transport that does not get through changes nothing.
    if (this.#live) return this.#planUpgrade(this.#live.transport);
    if (attempt.upgrades) return this.#connect();
    this.#lastError = end.error;
    if (end.kind === 'refused') return this.#finish('failure', end.error);
    if (end.error.code === 'unknown-resource') this.#incoming.forget();
    this.#negotiator.failed();
    this.#connect();
  }

  #lost({ kind, error }: LinkEnd): void {
    this.#lastError = error;
    this.#down();
    if (kind === 'closed') return this.#finish('server', error);
    if (kind === 'refused') return this.#finish('failure', error);
    if (error.code === 'unknown-resource') this.#incoming.forget();
    // Most likely the server ended it because the better transport has come through: that takes over, or fails, in its time.
    if (this.#attempt) return;
    this.#upgrade.cancel();
    this.#pause();
  }

  #finish(by: 'server' | 'failure', error: ClientError): void {
    this.#lastError = error;
    this.#end();
    this.#outbox.clear(error);
    this.#parts.listener.ended(by, error);
  }

  #planUpgrade(transport: LinkName): void {
    const better = this.#negotiator.better(transport);
    this.#upgrade.cancel();
    if (better) this.#upgrade.plan(() => this.#live && !this.#attempt && this.#open(better));
  }
}
