import { formatHandshake, type Payload, type TransportName } from '@ionosphere/protocol';
import type { Broadcaster } from './broadcaster';
import { encodeValue } from './codec';
import type { Context } from './context';
import type { Endpoint } from './endpoint';
import { Failure } from './errors';
import type { Framing } from './framing';
import { Inbox } from './inbox';
import { Outbound } from './outbound';
import { isClassic, type Request } from './request';
import { ResourceEvent, type Ending } from './resource-event';
import { isPromise, type MaybePromise } from './settle';
import type { Timer } from './timers';
import type { Connection, DetachReason } from './transport';

/** Where a resource is in its life: `connecting -> ready <-> away -> closed`. */
export type ResourceState = 'connecting' | 'ready' | 'away' | 'closed';

/**
 * One logical client. It outlives its connections: when one breaks the resource is away until it comes back, on whatever
 * transport, or until the recovery window ends. It ends once, with one `@Disconnect`.
 */
export class Resource {
  readonly #context: Context;
  readonly #inbox = new Inbox();
  readonly #out: Outbound;
  #request: Request;
  #state: ResourceState = 'connecting';
  #transport: TransportName | undefined;
  /** Ends the resource when it does not (come back and) attach in time. */
  #deadline: Timer | undefined;
  #heartbeat: Timer | undefined;
  /** Whether `@Ready` was called; without it there is no `@Disconnect`, and a run of polls has it once. */
  #announced = false;
  /** Whether the last poll broke: the client's parser then waits for a handshake again (PROTOCOL.md, "Reconnect"). */
  #pollBroken = false;

  /** @internal Resources are made by `app.connect`. */
  constructor(
    /** The tracking id: random, minted by the server, and enough to act as this resource. Keep it out of other clients' sight. */
    readonly uuid: string,
    readonly endpoint: Endpoint,
    request: Request,
    context: Context,
  ) {
    this.#context = context;
    this.#request = request;
    this.#out = new Outbound(context);
  }

  get state(): ResourceState {
    return this.#state;
  }

  /** Whether its client, if it polls again, waits for a handshake. @internal */
  get pollBroken(): boolean {
    return this.#pollBroken;
  }

  /** Transport of the newest connection; undefined while there was none. */
  get transport(): TransportName | undefined {
    return this.#transport;
  }

  /** The request that opened the newest connection. */
  get request(): Request {
    return this.#request;
  }

  /** The broadcaster of the resource's own path. */
  get broadcaster(): Broadcaster {
    return this.endpoint.broadcaster;
  }

  /** All broadcasters that the resource is subscribed to. */
  get broadcasters(): Broadcaster[] {
    return this.#out.broadcasters;
  }

  /** Subscribes to a broadcaster, from its next message on. */
  subscribe(broadcaster: Broadcaster): void {
    if (this.#state !== 'closed') this.#out.subscribe(broadcaster);
  }

  unsubscribe(broadcaster: Broadcaster): void {
    this.#out.unsubscribe(broadcaster);
  }

  /**
   * Sends to this resource alone, after all that was sent to it before. While it is away the message waits.
   *
   * @param encode makes the payload. Default: text and bytes as they are, all else as JSON.
   */
  send(value: unknown, encode: (value: unknown) => Payload = encodeValue): void {
    if (this.#state !== 'closed') this.#out.send(encode(value));
  }

  /**
   * Ends the resource: what was sent is written, the connection is closed, `@Disconnect` is called with
   * `isClosedByApplication`.
   *
   * @param failure what the client is told, where the wire can tell. Default: a normal end.
   */
  close(failure?: Failure): void {
    this.#out.flush();
    const { connection } = this.#out;
    this.#end('closed-by-application');
    connection?.close(failure);
  }

  /** For transports: a connection of this resource is there. An older one gives way to it. */
  attach(connection: Connection): void {
    if (this.#state === 'closed') return connection.close(new Failure('unknown-resource'));
    const framing = this.#framingOf(connection);
    if (!framing) return;
    const older = this.#out.connection;
    this.#out.close();
    older?.close();
    // Who polls while a poll is held has given that one up, for a new network perhaps, before the server could see it break.
    if (older?.transport.oneShot && connection.transport.oneShot) this.#pollBroken = true;
    this.#deadline?.cancel();
    const returned = this.#state === 'away';
    this.#state = 'ready';
    this.#request = connection.request;
    this.#transport = connection.transport.name;
    this.#out.open(connection, framing);
    this.#scheduleHeartbeat();
    // A handshake alone answers a poll. Any other connection may be full with it, and goes on when it has drained.
    if (this.#greets(connection) && (this.#greet() === 'closed' || connection.transport.oneShot)) return;
    this.#out.flush();
    this.#announce(connection, returned);
  }

  /** For transports: a request without a resource of its own brings a message; what it causes is written to `connection`. */
  visit(connection: Connection): void {
    this.#state = 'ready';
    this.#out.open(connection, this.endpoint.service.framing(connection));
  }

  /** For transports: the visit is over. What was sent and is not yet written, is written now. */
  leave(): void {
    this.#out.flush();
    this.#out.close();
    this.#state = 'closed';
  }

  /** For transports: the connection is over. */
  detach(connection: Connection, reason: DetachReason): void {
    if (connection !== this.#out.connection) return;
    this.#out.close();
    this.#heartbeat?.cancel();
    if (reason === 'left') return this.#end('closed-by-client');
    const { config, timers } = this.#context;
    const { oneShot } = connection.transport;
    if (oneShot && reason === 'lost') this.#pollBroken = true;
    if (reason === 'overrun') this.#out.gap = true;
    this.#state = 'away';
    const seconds = oneShot ? config.pollGraceSeconds : config.recoverySeconds;
    this.#deadline = timers.after(seconds * 1000, () => this.#end('cancelled'));
    // Last, because @OnError may close the resource.
    if (reason === 'overrun') this.refuse(new Failure('slow-client'));
  }

  /** For transports: the connection that was full has room again. Something is written in any case: some need that to go on. */
  drained(connection: Connection): void {
    if (connection === this.#out.connection && !this.#out.resume()) this.#sendHeartbeat();
  }

  /** For transports: the client asked to be forgotten. */
  goodbye(): void {
    const { connection } = this.#out;
    this.#end('closed-by-client');
    connection?.close();
  }

  /**
   * For transports: a message came. Messages of one resource are handled one after the other.
   *
   * @returns what to answer the sender, if the message failed; never throws, never rejects.
   */
  receive(payload: Payload): MaybePromise<Failure | undefined> {
    if (this.#state === 'closed') return new Failure('unknown-resource');
    const inbox = this.#inbox;
    if (inbox.waiting >= this.#context.config.maxPendingMessages) return this.refuse(new Failure('overloaded'));
    if (this.#isHeartbeat(payload)) return this.#beat();
    if (this.#context.stopping) return new Failure('stopping');
    if (inbox.busy) return inbox.run(() => this.endpoint.message(this, payload));
    const outcome = this.endpoint.message(this, payload);
    return isPromise(outcome) ? inbox.hold(outcome) : outcome;
  }

  /** For transports: a message was refused before it could be read. Reports it like any failure. */
  refuse(failure: Failure): Failure {
    return this.endpoint.fail(failure, this);
  }

  /** Begins the wait for the first connection. @internal */
  expect(): void {
    this.#deadline = this.#context.timers.after(this.#context.config.connectSeconds * 1000, () =>
      this.#end('cancelled'),
    );
  }

  /** Asks the interceptors, before anything changes: when one throws, the connection is refused and the resource stays as it is. */
  #framingOf(connection: Connection): Framing | undefined {
    try {
      return this.endpoint.service.framing(connection);
    } catch (error) {
      connection.close(this.endpoint.fail(error, this));
      return undefined;
    }
  }

  #greets(connection: Connection): boolean {
    const { wire } = connection.request;
    if (!wire.protocol) return false;
    if (wire.trackingId === undefined) return true;
    if (wire.trackingId !== this.uuid) return !isClassic(wire);
    const modern = (wire.framework?.[0] ?? 0) >= 5;
    return modern && (!connection.transport.oneShot || this.#pollBroken);
  }

  #greet(): 'ok' | 'full' | 'closed' {
    const { clientHeartbeatSeconds, heartbeatPadding, messageDelimiter } = this.#context.config;
    this.#pollBroken = false;
    const heartbeatMillis = clientHeartbeatSeconds * 1000;
    return this.#out.writeControl(
      formatHandshake({ uuid: this.uuid, heartbeatMillis, padding: heartbeatPadding }, messageDelimiter),
    );
  }

  #announce(connection: Connection, returned: boolean): void {
    const { gap } = this.#out;
    // A run of polls is announced once, and again when something was lost: never silently.
    if (connection.transport.oneShot && this.#announced && !gap) return;
    // The poll after the one that brought the handshake is no return: nothing was missed.
    const recovered = returned && this.#announced && !gap;
    this.#announced = true;
    this.#out.gap = false;
    const event = new ResourceEvent('ready', this, { recovered, gap });
    this.#context.track(
      this.#inbox.run(() => this.endpoint.ready(event)),
      (failure) => {
        // A throw in @Ready is a refusal, for instance of a ticket that is not valid: fail closed.
        if (!failure) return;
        this.send(failure);
        this.close(failure);
      },
    );
  }

  #isHeartbeat(payload: Payload): boolean {
    const { clientHeartbeatSeconds, heartbeatPadding } = this.#context.config;
    return clientHeartbeatSeconds > 0 && payload === heartbeatPadding && this.#request.wire.protocol;
  }

  #beat(): MaybePromise<Failure | undefined> {
    return this.#inbox.run(() => this.endpoint.heartbeat(new ResourceEvent('heartbeat', this)));
  }

  /** A heartbeat is due when nothing was written for the whole interval, by anyone. */
  #scheduleHeartbeat(): void {
    this.#heartbeat?.cancel();
    const seconds = heartbeatSeconds(this.#context.config.heartbeatSeconds, this.#request.wire.heartbeatSeconds);
    if (seconds === 0) return;
    const wait = (): void => {
      const idle = this.#context.now() - this.#out.lastWrite;
      const rest = seconds * 1000 - idle;
      if (rest <= 0) this.#sendHeartbeat();
      if (this.#out.connection) this.#heartbeat = this.#context.timers.after(rest > 0 ? rest : seconds * 1000, wait);
    };
    this.#heartbeat = this.#context.timers.after(seconds * 1000, wait);
  }

  #sendHeartbeat(): void {
    // Only a client that had a handshake knows the padding; for any other it would be a message.
    if (this.#request.wire.protocol) this.#out.writeControl(this.#context.config.heartbeatPadding);
    else this.#out.connection?.ping?.();
  }

  #end(ending: Ending): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#deadline?.cancel();
    this.#heartbeat?.cancel();
    this.#out.close();
    this.#out.unsubscribeAll();
    this.#context.ended(this, ending);
    if (!this.#announced) return;
    const event = new ResourceEvent('disconnect', this, { ending });
    this.#context.track(this.#inbox.run(() => this.endpoint.disconnect(event)));
  }
}

/** The client may ask for rarer heartbeats, or for none with 0, but not for more frequent ones. */
function heartbeatSeconds(configured: number, wished: number | undefined): number {
  if (configured === 0 || wished === 0) return 0;
  return wished !== undefined && wished >= configured ? wished : configured;
}
