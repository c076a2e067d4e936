import type { Payload, TransportName } from '@ionosphere/protocol';
import { announce } from './announcement';
import type { Broadcaster } from '../broadcaster/broadcaster';
import { encoded, encodeValue } from '../codec/codec';
import type { Config } from '../settings/config';
import type { Context } from './context';
import { Deadline, type ResourceState } from './deadline';
import { DurableState } from '../log/durable-state';
import type { Endpoint } from '../service/endpoint';
import { Failure } from '../errors';
import { expectsHandshake, handshakeFor } from './greeting';
import { checkSubscriptions } from '../limits/subscriptions';
import { LifeSigns } from './life-signs';
import { inTurn, type Inbox } from './inbox';
import { Intake } from './intake';
import { requestsOf, type Requests } from './requests';
import { Outbound } from './outbound';
import { needsRecovery, Recovery } from './recovery';
import type { Request } from '../request/request';
import { endCallbacks, type Ending } from './resource-event';
import { ResourceListeners, type ResourceListener } from './resource-listener';
import type { MaybePromise } from '../time/settle';
import { endSuspension, holds, Suspension } from './suspension';
import type { Run } from './run';
import type { Connection, DetachReason } from '../transport';

/**
 * One logical client. It outlives its connections: when one breaks the resource is away until it comes back, on whatever
 * transport, or until the recovery window ends. It ends once, with one `@Disconnect`.
 */
export class Resource {
  readonly #context: Context;
  /** There once a piece of work had to be waited for. @internal */
  inbox: Inbox | undefined = undefined;
  /** There with the first message. */
  #intake: Intake | undefined;
  /** @internal */
  readonly out: Outbound;
  /** The next in its chain of the table of all. @internal */
  nextInTable: Resource | undefined = undefined;
  #state: 'connecting' | 'known' | 'closed' = 'connecting';
  #transport: TransportName | undefined;
  /** Ends the resource when it does not (come back and) attach in time. */
  #deadline: Deadline | undefined;
  readonly #signs: LifeSigns;
  #listeners: readonly ResourceListener[];
  #attributes: Map<string, unknown> | undefined;
  /** There once the application suspended or resumed it. */
  #suspension: Suspension | undefined;
  #recovery: Recovery | undefined;
  /** There when its client puts messages into envelopes. @internal */
  requests: Requests | undefined;
  /**
   * Whether `@Ready` was called, in this run of the server or in an earlier one; without it there is no `@Disconnect`, and a run of
   * polls has it once in each. @internal
   */
  announced: 'now' | 'earlier' | undefined = undefined;
  /** Whether the last poll broke: the client's parser then waits for a handshake again (PROTOCOL.md, "Reconnect"). @internal */
  pollBroken = false;

  /** @internal Resources are made by `app.connect`. */
  constructor(
    /** The tracking id: random, minted by the server, and enough to act as this resource. Keep it out of other clients' sight. */
    readonly uuid: string,
    readonly endpoint: Endpoint,
    request: Request,
    context: Context,
  ) {
    this.#context = context;
    this.#listeners = endpoint.service.listeners();
    this.out = new Outbound(context, this, endpoint.service.outbound, request);
    this.out.watch(this.listeners.watcher());
    this.#signs = new LifeSigns(this.out);
  }

  get state(): ResourceState {
    if (this.#state !== 'known') return this.#state;
    return this.out.isAttached ? 'ready' : 'away';
  }

  /** Transport of the newest connection; undefined while there was none. */
  get transport(): TransportName | undefined {
    return this.#transport;
  }

  /** The request that opened the newest connection. */
  get request(): Request {
    return this.out.request;
  }

  /** The broadcaster of the resource's own path. */
  get broadcaster(): Broadcaster {
    return this.endpoint.broadcaster;
  }

  /** All broadcasters that the resource is subscribed to. */
  get broadcasters(): Broadcaster[] {
    return this.out.broadcasters;
  }

  /** Sends when the resource is resumed, or connects again; keeps no more than a log. @internal */
  sendOnResume(payload: Payload): void {
    if (this.#state !== 'closed') this.suspending.keep(payload);
  }

  /** Whether the resource gets messages, now or when it is back: until it is resumed or closed. */
  get isSuspended(): boolean {
    return holds(this.#suspension) && this.#state !== 'closed';
  }

  /** For transports: where its client is. */
  get recovery(): Recovery {
    return (this.#recovery ??= new Recovery(this.uuid, this.#context, this.out.land(), this.config));
  }

  /** @internal */
  get listeners(): ResourceListeners {
    return new ResourceListeners(this, this.#context.logger, this.#listeners);
  }

  /** What the application wants to remember of the resource. Gone when it is closed. */
  get attributes(): Map<string, unknown> {
    return (this.#attributes ??= new Map());
  }

  /** From now on the listener is told of what happens to this resource. */
  addListener(listener: ResourceListener): void {
    this.#listeners = [...this.#listeners, listener];
    this.out.watch(this.listeners.watcher());
  }

  removeListener(listener: ResourceListener): void {
    this.#listeners = this.#listeners.filter((known) => known !== listener);
    this.out.watch(this.listeners.watcher());
  }

  /** Subscribes to a broadcaster, from its next message on. Throws `too-many-subscriptions` beyond the limit. */
  subscribe(broadcaster: Broadcaster): void {
    if (this.#state === 'closed') return;
    if (!this.out.has(broadcaster)) checkSubscriptions(this);
    this.out.subscribe(broadcaster);
  }

  /**
   * Ends a subscription. What was broadcast before is still the resource's, whatever its transport: what it has not got yet is
   * written next, or when it is back, and may become a gap with the log, as ever. It is kept as long when the broadcaster is
   * destroyed. Nothing that is broadcast from now on reaches the resource.
   */
  unsubscribe(broadcaster: Broadcaster): void {
    this.out.unsubscribe(broadcaster);
  }

  /**
   * Sends to this resource alone, after all that was sent to it before. While it is away the message waits.
   *
   * @param encode makes the payload. Default: text and bytes as they are, all else as JSON.
   */
  send(value: unknown, encode: (value: unknown) => Payload = encodeValue): void {
    if (this.#state !== 'closed') this.out.send(encoded('Resource.send: encode', value, encode));
  }

  /**
   * Lets the resource get messages: again after `resume`, or for a limited time. Throws `full` when its broadcaster takes
   * no more.
   *
   * @param seconds after which it is resumed by itself. Default, and with a negative number: never.
   */
  suspend(seconds = -1): void {
    if (this.#state === 'closed') return;
    if (!holds(this.#suspension)) {
      this.listeners.tell('onPreSuspend', 'suspend');
      this.suspending.begin(this.broadcaster);
      this.listeners.tell('onSuspend', 'suspend');
    }
    this.suspending.limit(seconds, () => this.endSuspension(true));
  }

  /**
   * Ends the wait of the resource: it gets no more messages, and its HTTP connection is answered or ended; a WebSocket
   * stays open. `@Resume` is called. A client that connects again is suspended again.
   */
  resume(): void {
    this.endSuspension(false);
  }

  /**
   * Ends the resource: what was sent is written, the connection is closed, `@Disconnect` is called with
   * `isClosedByApplication`.
   *
   * @param failure what the client is told, where the wire can tell. Default: a normal end.
   * @param frame code and reason of the application's own, for a WebSocket
   */
  close(failure?: Failure, frame?: { readonly code: number; readonly reason: string }): void {
    this.out.flush();
    const { connection } = this.out;
    this.end('closed-by-application', failure);
    if (frame && connection?.closeWith) connection.closeWith(frame.code, frame.reason);
    else connection?.close(failure);
  }

  /** For transports: a poll that was answered, and may be attached again when a request says the same as its own one. */
  get resting(): Run | undefined {
    return this.isPlain ? this.out.resting : undefined;
  }

  /** For transports: a connection of this resource is there. An older one gives way to it. */
  attach(connection: Connection): void {
    if (this.#state === 'closed') return connection.close(new Failure('unknown-resource'));
    if (connection === this.resting) {
      if (this.out.wake() && this.out.owed.gap) announce(this, false, true);
      return;
    }
    // Who was resumed may find that its place is taken.
    const setup = this.endpoint.setUp(connection, this, !this.out.has(this.broadcaster) && !holds(this.#suspension));
    if (!setup) return;
    const older = this.out.connection;
    const wasAway = this.state === 'away';
    if (older && !this.recovery.mayTakeOver(older))
      return connection.close(this.refuse(new Failure('rate-limited', 'Two clients take turns with one tracking id.')));
    this.out.close();
    older?.close();
    // Who polls while a poll is held has given that one up, for a new network perhaps, before the server could see it break.
    if (older?.transport.oneShot && connection.transport.oneShot) this.breakPoll();
    // A client that polls will be away again soon.
    if (!connection.transport.oneShot) this.#deadline = void this.#deadline?.cancel();
    const isNews = !connection.transport.oneShot || this.announced !== 'now' || !holds(this.#suspension);
    const greets = expectsHandshake(connection, this, this.#context.epoch);
    // A handshake alone answers a poll: the resource is suspended with the next one.
    const greetsOnly = greets && connection.transport.oneShot;
    if (isNews && !greetsOnly) this.listeners.tell('onPreSuspend', 'suspend');
    const subscribed = this.out.has(this.broadcaster);
    this.#suspension?.comeBack(this.broadcaster);
    const recovers = this.#recovery ?? needsRecovery(connection, this.config);
    const cameBack = (recovers && this.recovery.begin(connection)) || wasAway;
    this.#state = 'known';
    this.requests = requestsOf(this, this.out, connection.request);
    this.#transport = connection.transport.name;
    this.out.open(connection, setup.framing);
    this.#signs.begin(setup.plan);
    // A connection that lasts may be full with the handshake, and goes on when it has drained.
    if (greets && (this.greet() === 'closed' || greetsOnly)) return;
    if (this.#context.durability) this.durable.claim();
    this.out.flush();
    announce(this, isNews, cameBack && subscribed);
    if (!connection.transport.oneShot && connection === this.out.connection) this.out.established = true;
  }

  /** For transports: a request without a resource of its own brings a message; what it causes is written to `connection`. */
  visit(connection: Connection): void {
    this.#state = 'known';
    this.taking.ofVisitor();
    this.requests = requestsOf(this, this.out, connection.request);
    this.out.open(connection, this.endpoint.service.framing(connection));
  }

  /** For transports: the visit is over. What was sent and is not yet written, is written now. */
  leave(): void {
    this.out.flush();
    this.#state = 'closed';
    this.#suspension?.cancelLimit();
    this.out.end();
  }

  /** For transports: its client broke off a poll. Said by them only where the poll was not attached yet. */
  breakPoll(): void {
    this.out.land();
    this.pollBroken = true;
  }

  /** For transports: the connection is over. */
  detach(connection: Connection, reason: DetachReason): void {
    if (connection !== this.out.connection) return;
    const { oneShot } = connection.transport;
    // Without one nothing is to be remembered of a connection that took all that it was given.
    if (this.#recovery || reason === 'overrun' || (this.out.full && !oneShot)) this.recovery.end(connection, reason);
    const rests = reason === 'answered' && this.out.mayRest && this.isPlain;
    if (rests && !this.out.rest()) return;
    if (!rests) this.out.close();
    if (!oneShot || reason === 'left') this.#signs.stop();
    if (reason === 'left') return this.end('closed-by-client');
    if (oneShot && reason === 'lost') this.breakPoll();
    this.awaitReturn(oneShot ? this.config.pollGraceSeconds : this.config.recoverySeconds);
    // Last, because @OnError may close the resource.
    if (reason === 'overrun') this.refuse(new Failure('slow-client'));
  }

  /** Its client has that long to come back. @internal */
  awaitReturn(seconds: number): void {
    this.#state = 'known';
    this.expect(seconds);
  }

  /**
   * For transports: the connection that was full has room again. Something is written in any case: some need that to go on.
   *
   * @param isEmpty whether all has left; else its peer has read something, and it is still full
   */
  drained(connection: Connection, isEmpty = true): void {
    if (connection !== this.out.connection) return;
    if (!isEmpty) this.out.progressed();
    else if (!this.out.resume()) this.#signs.send();
  }

  /** For transports: the client asked to be forgotten. */
  goodbye(): void {
    const { connection } = this.out;
    this.end('closed-by-client');
    connection?.close();
  }

  /**
   * For transports: a message came. Messages of one resource are handled one after the other.
   *
   * @param isHeartbeat whether the wire has marked it as the client's heartbeat. Default: whether it reads like one.
   * @returns what to answer the sender, if the message failed; never throws, never rejects.
   */
  receive(payload: Payload, isHeartbeat = this.#signs.isHeartbeat(payload)): MaybePromise<Failure | undefined> {
    return this.#state === 'closed' ? new Failure('unknown-resource') : this.taking.receive(payload, isHeartbeat);
  }

  /** For transports: a message was refused before it could be read. Reports it like any failure. */
  refuse(failure: Failure): Failure {
    return this.endpoint.fail(failure, this);
  }

  /** Begins the wait for the first connection. @internal */
  expect(seconds = this.config.connectSeconds): void {
    (this.#deadline ??= new Deadline(this.#context, this, this.out, () => this.end('cancelled'))).begin(seconds * 1000);
  }

  /** What of it outlives the process. @internal */
  get durable(): DurableState {
    return new DurableState(this, this.out, () => this.suspending, this.#context);
  }

  // From here on `private` rather than `#`: methods of that kind take a word of memory in each instance.
  private get suspending(): Suspension {
    return (this.#suspension ??= new Suspension(this.out.land(), this.#context.timers, this.config.logMessages));
  }

  private get taking(): Intake {
    return (this.#intake ??= new Intake(this, this.#context));
  }

  private get config(): Config {
    return this.endpoint.service.config;
  }

  private greet(): 'ok' | 'full' | 'closed' {
    this.pollBroken = false;
    return this.out.greet(handshakeFor(this, this.#signs.plan, this.config, this.#recovery?.tellable));
  }

  /** Whether polls that follow each other can go on as one connection: nothing special has happened between them. */
  private get isPlain(): boolean {
    if (this.pollBroken || this.#suspension || this.#recovery || this.announced === undefined) return false;
    return !this.#context.stopping && !this.#context.durability;
  }

  private endSuspension(timeout: boolean): void {
    if (this.isSuspended) endSuspension(this, this.suspending, this.#context, timeout);
  }

  private end(ending: Ending, throwable?: Failure): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#deadline?.cancel();
    this.#suspension?.cancelLimit();
    this.#signs.stop();
    const { broadcasters } = this;
    this.out.end();
    this.#context.ended(this, ending);
    if (!this.announced) return;
    const event = this.listeners.tell(endCallbacks[ending], 'disconnect', { ending, throwable, broadcasters });
    this.#context.track(inTurn(this, () => this.endpoint.disconnect(event)));
  }
}
