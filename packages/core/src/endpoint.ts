import type { Payload } from '@ionosphere/protocol';
import type { Broadcaster } from './broadcaster';
import { Call } from './call';
import type { Context } from './context';
import { Failure } from './errors';
import type { MessageMethod } from './message-method';
import type { Resource } from './resource';
import type { ResourceEvent } from './resource-event';
import type { Service } from './service';
import { isPromise, type MaybePromise } from './settle';

/** A service at one concrete path: `/chat/blue` of `/chat/{room}`. It has an instance and a broadcaster of its own. */
export class Endpoint {
  /** The resources that are connected, or away, here. */
  readonly resources = new Set<Resource>();
  /** Since when there is none, in milliseconds since the epoch. */
  idleSince: number;
  readonly #context: Context;

  constructor(
    readonly service: Service,
    /** Concrete path, percent-decoded; also the name of the broadcaster. */
    readonly path: string,
    /** Values of the path template's variables. */
    readonly params: ReadonlyMap<string, string>,
    readonly instance: object,
    readonly broadcaster: Broadcaster,
    context: Context,
  ) {
    this.#context = context;
    this.idleSince = context.now();
  }

  /** Decodes a message, runs the method that takes it and delivers what it returns. Gives the failure to answer, if any. */
  message(resource: Resource, payload: Payload): MaybePromise<Failure | undefined> {
    const call = new Call(this, resource, payload);
    try {
      const chosen = this.service.choose(payload);
      if (chosen instanceof Failure) return this.fail(chosen, resource, call);
      call.value = chosen.value;
      const result = chosen.method.run(call);
      if (isPromise(result)) return this.#later(result, chosen.method, call);
      this.#deliver(result, chosen.method, call);
      return undefined;
    } catch (error) {
      return this.fail(error, resource, call);
    }
  }

  ready(event: ResourceEvent): MaybePromise<Failure | undefined> {
    return this.#notify(this.service.ready, event);
  }

  disconnect(event: ResourceEvent): MaybePromise<Failure | undefined> {
    return this.#notify(this.service.disconnect, event);
  }

  heartbeat(event: ResourceEvent): MaybePromise<Failure | undefined> {
    return this.#notify(this.service.heartbeat, event);
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

  #notify(
    method: Pick<MessageMethod, 'run' | 'target' | 'encode'> | undefined,
    event: ResourceEvent,
  ): MaybePromise<Failure | undefined> {
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

  #later(
    result: PromiseLike<unknown>,
    method: Pick<MessageMethod, 'target' | 'encode'>,
    call: Call,
  ): PromiseLike<Failure | undefined> {
    // Whatever the handler's idea of a promise is, from here on it is a real one; a real one stays the same.
    const outcome = Promise.resolve(result)
      .then((value) => {
        this.#deliver(value, method, call);
        return undefined;
      })
      .then(undefined, (error: unknown) => this.fail(error, call.resource, call));
    this.#context.track(outcome);
    return outcome;
  }

  #deliver(value: unknown, { target, encode }: Pick<MessageMethod, 'target' | 'encode'>, call: Call): void {
    if (value === undefined || value === null) return;
    if (target === 'BROADCASTER') return this.broadcaster.broadcast(value, encode);
    if (target === 'RESOURCE') return call.resource.send(value, encode);
    const payload = encode(value);
    for (const resource of this.#context.everyone()) resource.send(payload);
  }
}
