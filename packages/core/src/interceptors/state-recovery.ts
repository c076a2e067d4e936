import type { Interceptor, InterceptorContext, Next } from './interceptor';
import type { Request } from '../request/request';
import type { Resource } from '../resource/resource';
import type { ResourceEvent } from '../resource/resource-event';
import type { ResourceListener } from '../resource/resource-listener';
import { after, type MaybePromise } from '../time/settle';
import { authenticationOf } from './auth';

/** What a resource that did not come back in time had. */
interface Lapsed {
  readonly path: string;
  readonly principal: string | undefined;
  readonly broadcasters: readonly string[];
  readonly until: number;
}

/** How many are remembered; the oldest is forgotten first. */
const REMEMBERED = 10_000;

/**
 * A client that comes back too late is a new resource. With this interceptor it is subscribed again to all broadcasters that
 * it had, for `stateRecoverySeconds`: on the same path, under the id that it had, and as the same user where there is an
 * `AuthInterceptor`. What was broadcast meanwhile is not repeated.
 */
export class AtmosphereResourceStateRecovery implements Interceptor {
  readonly priority = 'AFTER_DEFAULT';
  readonly #lapsed = new Map<string, Lapsed>();
  readonly #listener: ResourceListener = { onDisconnect: (event) => this.#remember(event) };
  readonly #known = new WeakSet<Resource>();
  #context!: InterceptorContext;

  init(context: InterceptorContext): void {
    this.#context = context;
  }

  connect(request: Request, next: Next<Request, Resource>): MaybePromise<Resource> {
    return after(next(request), (resource) => {
      if (this.#known.has(resource)) return resource;
      this.#known.add(resource);
      resource.addListener(this.#listener);
      this.#recover(request, resource);
      return resource;
    });
  }

  #remember({ resource, broadcasters, isCancelled }: ResourceEvent): void {
    if (!isCancelled) return;
    const ids = broadcasters.filter((broadcaster) => broadcaster !== resource.broadcaster).map(({ id }) => id);
    if (ids.length === 0) return;
    const now = this.#context.now();
    const principal = authenticationOf(resource)?.principal;
    this.#lapsed.set(resource.uuid, {
      path: resource.endpoint.path,
      principal,
      broadcasters: ids,
      until: now + resource.endpoint.service.config.stateRecoverySeconds * 1000,
    });
    for (const [uuid, { until }] of this.#lapsed) {
      if (until > now && this.#lapsed.size <= REMEMBERED) break;
      this.#lapsed.delete(uuid);
    }
  }

  #recover({ wire: { trackingId = '' } }: Request, resource: Resource): void {
    const lapsed = this.#lapsed.get(trackingId);
    if (!lapsed || lapsed.path !== resource.endpoint.path) return;
    if (lapsed.principal !== authenticationOf(resource)?.principal) return;
    this.#lapsed.delete(trackingId);
    if (lapsed.until <= this.#context.now()) return;
    for (const id of lapsed.broadcasters) {
      try {
        resource.subscribe(this.#context.broadcasters.lookup(id));
      } catch (cause) {
        // One that is full takes nobody; the others are not to suffer for it.
        this.#context.logger.debug('A resource could not be subscribed again', { uuid: resource.uuid, id, cause });
      }
    }
  }
}
