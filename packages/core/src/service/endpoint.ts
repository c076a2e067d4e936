import type { Payload } from '@ionosphere/protocol';
import type { Broadcaster } from '../broadcaster/broadcaster';
import { Call } from '../methods/call';
import type { Context } from '../resource/context';
import { Failure } from '../errors';
import type { Framing } from '../codec/framing';
import { inTurn } from '../resource/inbox';
import type { Instance } from './instance';
import type { HeartbeatPlan } from '../interceptors/interceptor';
import type { Chosen, Deliverable, EventMethod } from '../methods/message-method';
import type { Resource } from '../resource/resource';
import type { ResourceEvent } from '../resource/resource-event';
import type { Service } from './service';
import type { Connection } from '../transport';
import { isPromise, reporting, type MaybePromise } from '../time/settle';
import { runVerb } from '../methods/verb-method';

/** What holds for one connection. */
export interface ConnectionSetup {
  readonly framing: Framing;
  readonly plan: HeartbeatPlan;
}

/** A service at one concrete path: `/chat/blue` of `/chat/{room}`. It has an instance and a broadcaster of its own. */
export class Endpoint {
  /** How many resources are connected, or away, here. */
  population = 0;
  /** Since when there is none, in milliseconds since the epoch. */
  idleSince: number;
  readonly service: Service;
  /** What the service's methods are called on. */
  readonly instance: object;
  readonly #context: Context;

  constructor(
    readonly life: Instance,
    /** Concrete path, percent-decoded; also the name of the broadcaster. */
    readonly path: string,
    /** Values of the path template's variables. */
    readonly params: ReadonlyMap<string, string>,
    readonly broadcaster: Broadcaster,
    context: Context,
  ) {
    this.service = life.service;
    this.instance = life.object;
    this.#context = context;
    this.idleSince = context.now();
  }

  /** A message came, in its envelope if its client uses any. Gives the failure to answer, if any. */
  arrive(resource: Resource, payload: Payload): MaybePromise<Failure | undefined> {
    return resource.requests ? resource.requests.arrive(payload) : this.handle(resource, payload);
  }

  /** Lets the interceptors, and then `message`, have a message. Gives the failure to answer, if any. */
  handle(resource: Resource, payload: Payload): MaybePromise<Failure | undefined> {
    const { arrive } = this.service;
    if (!arrive) return this.message(resource, payload);
    try {
      const outcome = arrive({ resource, payload });
      return isPromise(outcome) ? this.#endingIn(outcome, resource) : outcome;
    } catch (error) {
      return this.fail(error, resource);
    }
  }

  /** Decodes a message, runs the method that takes it and delivers what it returns. Gives the failure to answer, if any. */
  message(resource: Resource, payload: Payload): MaybePromise<Failure | undefined> {
    this.#context.counters.messagesIn++;
    const call = new Call(this, resource, payload);
    try {
      const chosen = this.service.choose(payload);
      return isPromise(chosen) ? this.#runLater(chosen, call) : this.#run(chosen, call);
    } catch (error) {
      return this.fail(error, resource, call);
    }
  }

  // Apart from where they are used, because each call of a function that makes a closure pays for it.
  #runLater(chosen: PromiseLike<Chosen>, call: Call): PromiseLike<Failure | undefined> {
    return this.#endingIn(
      chosen.then((later) => this.#run(later, call)),
      call.resource,
      call,
    );
  }

  #endingIn(
    outcome: PromiseLike<Failure | undefined>,
    resource: Resource,
    call?: Call,
  ): PromiseLike<Failure | undefined> {
    return this.#tracked(outcome.then(undefined, (error: unknown) => this.fail(error, resource, call)));
  }

  #run(chosen: Chosen, call: Call): MaybePromise<Failure | undefined> {
    if (chosen instanceof Failure) return this.fail(chosen, call.resource, call);
    call.value = chosen.value;
    const result = chosen.method.run(call);
    if (isPromise(result)) return this.#later(result, chosen.method, call);
    this.#deliver(result, chosen.method, call);
    return undefined;
  }

  /**
   * Asks the interceptors about a connection, before anything changes: when one throws, the connection is refused and the
   * resource stays as it is.
   *
   * @param admits whether the broadcaster must have room for one more
   */
  setUp(connection: Connection, resource: Resource, admits: boolean): ConnectionSetup | undefined {
    // What it would get now, the next run of the server would send again.
    if (this.#context.dismissed) return void connection.close(new Failure('stopping'));
    try {
      const { framing, heartbeat } = this.service;
      const setup = { framing: framing(connection), plan: heartbeat(connection.request) };
      if (admits) this.broadcaster.admit();
      return setup;
    } catch (error) {
      connection.close(this.fail(error, resource));
      return undefined;
    }
  }

  /** For transports: what an HTTP connection begins with, before anything else; may be empty. */
  preamble({ request, transport }: Connection): string {
    return this.service.preamble(request, transport);
  }

  /** A ping that was sent at a time was answered now. */
  roundTrip(resource: Resource, sentAt: number, note: (millis: number) => void): void {
    const roundTripMillis = Math.max(0, this.#context.now() - sentAt);
    note(roundTripMillis);
    resource.listeners.tell('onRoundTrip', 'round-trip', { roundTripMillis });
    const { roundTrip } = this.service;
    if (!roundTrip) return;
    const call = new Call(this, resource);
    call.value = roundTripMillis;
    reporting(
      () => roundTrip(call),
      (error) => this.fail(error, resource, call),
    );
  }

  /** For transports: a ping or a pong came. A handler of raw WebSockets is told. */
  control(kind: 'ping' | 'pong', resource: Resource, data: Uint8Array): void {
    const { control } = this.service;
    if (!control) return;
    const call = new Call(this, resource);
    call.value = Buffer.from(data);
    reporting(
      () => control(kind, call),
      (error) => this.fail(error, resource, call),
    );
  }

  /**
   * What the method for an HTTP verb returns; undefined when there is none. Throws, or rejects, as the method does, or with
   * what is wrong with the body.
   *
   * @param body of the request, if the method reads it
   */
  verb(method: string, resource: Resource, body: Payload = ''): MaybePromise<unknown> {
    const verb = this.service.verbs.get(method);
    if (!verb) return undefined;
    return runVerb(verb, new Call(this, resource, body));
  }

  /** Whether the service has a method for an HTTP verb. */
  hasVerb(method: string): boolean {
    return this.service.verbs.has(method);
  }

  /**
   * Runs `@Ready`. A throw is a refusal, for instance of a ticket that is not valid: fail closed.
   *
   * @param tellsFailures whether the end of the connection brings the failure, so that it need not be sent before
   */
  welcome(event: ResourceEvent, tellsFailures = false): void {
    const { resource } = event;
    const told = inTurn(resource, () => this.#notify(this.service.ready, event));
    this.#context.track(told, (failure) => {
      if (!failure) return;
      if (!tellsFailures) resource.send(failure);
      resource.close(failure);
    });
  }

  disconnect(event: ResourceEvent): MaybePromise<Failure | undefined> {
    return this.#notify(this.service.disconnect, event);
  }

  resume(event: ResourceEvent): MaybePromise<Failure | undefined> {
    return this.#notify(this.service.resume, event);
  }

  /** The client's heartbeat came. */
  beat(resource: Resource): MaybePromise<Failure | undefined> {
    return this.#notify(this.service.beat, resource.listeners.tell('onHeartbeat', 'heartbeat'));
  }

  /** The one place where anything that was thrown ends: it is logged, `@OnError` and the app's hook are told. Gives what to answer. */
  fail(error: unknown, resource: Resource, call: Call = new Call(this, resource)): Failure {
    const failure = Failure.from(error);
    const { logger } = this.#context;
    const fields = { service: this.service.name, path: this.path, uuid: resource.uuid, code: failure.code };
    if (failure.row.status === 500) logger.error(failure.message, { ...fields, cause: failure.cause });
    else if (failure.row.status > 500) logger.warn(failure.message, fields);
    else logger.debug(failure.message, fields);
    call.failure = failure;
    resource.listeners.tell('onThrowable', 'error', { throwable: failure.cause ?? failure });
    try {
      const told = this.service.onError?.run(call);
      if (isPromise(told))
        told.then(undefined, (cause: unknown) => logger.error('@OnError failed', { ...fields, cause }));
    } catch (cause) {
      logger.error('@OnError failed', { ...fields, cause });
    }
    this.#context.failed(failure, resource);
    return failure;
  }

  #notify(method: EventMethod | undefined, event: ResourceEvent): MaybePromise<Failure | undefined> {
    if (!method) return undefined;
    const call = new Call(this, event.resource, '', event);
    try {
      const result = method.run(call);
      if (isPromise(result)) return this.#later(result, method, call);
      this.#deliver(result, method, call);
      return undefined;
    } catch (error) {
      return this.fail(error, event.resource, call);
    }
  }

  #later(result: PromiseLike<unknown>, method: Deliverable, call: Call): PromiseLike<Failure | undefined> {
    // Whatever the handler's idea of a promise is, from here on it is a real one; a real one stays the same.
    const outcome = Promise.resolve(result)
      .then((value) => {
        this.#deliver(value, method, call);
        return undefined;
      })
      .then(undefined, (error: unknown) => this.fail(error, call.resource, call));
    return this.#tracked(outcome);
  }

  #tracked(outcome: PromiseLike<Failure | undefined>): PromiseLike<Failure | undefined> {
    this.#context.track(outcome);
    return outcome;
  }

  #deliver(value: unknown, { target, options }: Deliverable, call: Call): void {
    if (value === undefined || value === null) return;
    if (target === 'BROADCASTER') return void this.broadcaster.broadcast(value, options);
    if (target === 'RESOURCE') return this.#toSender(value, options.encode, call.resource);
    const payload = options.encode(value);
    for (const resource of this.#context.everyone()) resource.send(payload);
  }

  #toSender(value: unknown, encode: (value: unknown) => Payload, resource: Resource): void {
    const { requests } = resource;
    if (!requests) return resource.send(value, encode);
    const payload = encode(value);
    if (!requests.take(payload)) resource.send(payload);
  }
}
