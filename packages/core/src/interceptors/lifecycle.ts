import { DeclarationError, Failure } from '../errors';
import type { Interceptor, Next } from './interceptor';
import { transportNamed, type Request } from '../request/request';
import type { Resource } from '../resource/resource';
import { after, type MaybePromise } from '../time/settle';

/** Options of `AtmosphereResourceLifecycleInterceptor`. */
export interface AtmosphereResourceLifecycleOptions {
  /** How long a connection waits for messages before it is resumed, in seconds. Default: for ever. */
  readonly timeoutSeconds?: number;
  /** With which methods clients may connect, besides the upgrade to WebSocket. Default: GET alone. */
  readonly methods?: readonly ('GET' | 'POST')[];
}

/**
 * Decides how resources are suspended: for how long, and on which HTTP methods. When the time is over `@Resume` is called
 * with `isResumedOnTimeout`, and an HTTP connection ends; a client that asks again has missed nothing. A WebSocket stays
 * open and gets nothing more.
 */
export class AtmosphereResourceLifecycleInterceptor implements Interceptor {
  readonly priority = 'DEFAULT';
  readonly #seconds: number | undefined;
  readonly #methods: ReadonlySet<string>;

  constructor({ timeoutSeconds, methods = ['GET'] }: AtmosphereResourceLifecycleOptions = {}) {
    if (timeoutSeconds !== undefined && !(timeoutSeconds > 0))
      throw new DeclarationError(
        `AtmosphereResourceLifecycleInterceptor: timeoutSeconds is ${timeoutSeconds}; it must be a number above 0`,
      );
    this.#seconds = timeoutSeconds;
    this.#methods = new Set(methods);
  }

  /** Clients from version 5 on never connect by POST, and name their transport in every message that they post. */
  connects({ method, wire }: Request): boolean {
    if (!this.#methods.has(method) || (wire.framework?.[0] ?? 0) >= 5) return false;
    return wire.transport !== 'polling' && transportNamed(wire.transport ?? '') !== undefined;
  }

  connect(request: Request, next: Next<Request, Resource>): MaybePromise<Resource> {
    if (!this.#methods.has(request.method) && request.header('upgrade') === undefined)
      throw new Failure('method-not-allowed');
    const seconds = this.#seconds;
    if (seconds === undefined) return next(request);
    return after(next(request), (resource) => {
      resource.suspend(seconds);
      return resource;
    });
  }
}
