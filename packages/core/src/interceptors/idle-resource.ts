import { DeclarationError, type Failure } from '../errors';
import type { Arrival, Interceptor, InterceptorContext, Next } from './interceptor';
import type { Request } from '../request/request';
import type { Resource } from '../resource/resource';
import type { ResourceListener } from '../resource/resource-listener';
import { limitReached } from '../limits/limits';
import { after, type MaybePromise } from '../time/settle';
import type { Timer } from '../time/timers';

/** Options of `IdleResourceInterceptor`. */
export interface IdleResourceOptions {
  /** How long nothing may come from a resource, in seconds. */
  readonly maxInactiveSeconds: number;
}

/** When something last came from a resource, and the timer that looks. */
interface Life {
  last: number;
  timer: Timer | undefined;
}

/** Transports that live on requests: a held one is no idleness, and one that does not come ends the resource anyway. */
const polls = new Set<string | undefined>(['long-polling', 'polling', 'jsonp']);

/**
 * Ends resources, with `idle`, from which nothing came for a while: no message, no heartbeat, no connect. Answers of a WebSocket to the
 * server's pings don't count. A client that only listens is ended too, unless it is asked for heartbeats
 * (`clientHeartbeatSeconds`); one that polls is not.
 */
export class IdleResourceInterceptor implements Interceptor {
  readonly priority = 'BEFORE_DEFAULT';
  readonly #millis: number;
  readonly #lives = new WeakMap<Resource, Life>();
  readonly #listener: ResourceListener;
  #context!: InterceptorContext;

  constructor({ maxInactiveSeconds }: IdleResourceOptions) {
    if (!(maxInactiveSeconds > 0))
      throw new DeclarationError(
        `IdleResourceInterceptor: maxInactiveSeconds is ${maxInactiveSeconds}; it must be a number above 0`,
      );
    this.#millis = maxInactiveSeconds * 1000;
    const forget = ({ resource }: { readonly resource: Resource }): void => this.#lives.get(resource)?.timer?.cancel();
    this.#listener = {
      // Not earlier: one that never attaches ends without a word to listeners, and its timer would stay.
      onPreSuspend: ({ resource }) => this.#watch(resource),
      onHeartbeat: ({ resource }) => this.#touch(resource),
      onDisconnect: forget,
      onClose: forget,
    };
  }

  init(context: InterceptorContext): void {
    this.#context = context;
  }

  connect(request: Request, next: Next<Request, Resource>): MaybePromise<Resource> {
    return after(next(request), (resource) => {
      if (!this.#touch(resource)) {
        this.#lives.set(resource, { last: this.#context.now(), timer: undefined });
        resource.addListener(this.#listener);
      }
      return resource;
    });
  }

  arrival(arrival: Arrival, next: Next<Arrival, Failure | undefined>): MaybePromise<Failure | undefined> {
    this.#touch(arrival.resource);
    return next(arrival);
  }

  #touch(resource: Resource): boolean {
    const life = this.#lives.get(resource);
    if (!life) return false;
    life.last = this.#context.now();
    return true;
  }

  #watch(resource: Resource): void {
    const life = this.#lives.get(resource);
    if (life && !life.timer) this.#wait(resource, life, this.#millis);
  }

  #wait(resource: Resource, life: Life, millis: number): void {
    life.timer = this.#context.timers.after(millis, () => {
      const rest = this.#millis - (this.#context.now() - life.last);
      if (rest > 0) return this.#wait(resource, life, rest);
      if (polls.has(resource.request.wire.transport) && resource.transport !== 'websocket')
        return this.#wait(resource, life, this.#millis);
      resource.close(resource.refuse(limitReached('maxInactiveSeconds')));
    });
  }
}
