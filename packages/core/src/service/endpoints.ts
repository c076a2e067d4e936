import type { BroadcasterFactory } from '../broadcaster/broadcaster-factory';
import type { Context } from '../resource/context';
import { Endpoint } from './endpoint';
import { Failure } from '../errors';
import type { Instance } from './instance';
import { Instances, type InstancesParts } from './instances';
import type { Request } from '../request/request';
import type { Resource } from '../resource/resource';
import type { ResourceFactory } from '../resource/resource-factory';
import { Router } from './router';
import type { Service } from './service';
import { isPromise, type MaybePromise } from '../time/settle';

/** What endpoints are made with. */
export interface EndpointsParts extends Omit<InstancesParts, 'report'> {
  readonly context: Context;
  readonly broadcasters: BroadcasterFactory;
}

/** The services of an app by their paths, and an endpoint for each concrete path that somebody asked for. */
export class Endpoints {
  readonly #parts: EndpointsParts;
  readonly #router: Router<Service>;
  readonly #instances: Instances;
  readonly #endpoints = new Map<string, Endpoint>();
  /** Instances that are being destroyed: the next one at their path begins when they have ended. */
  readonly #ending = new Map<string, PromiseLike<void>>();

  /** Throws a `DeclarationError` when two services are at the same path, or one can't be constructed. */
  constructor(services: readonly Service[], parts: EndpointsParts) {
    this.#parts = parts;
    this.#router = new Router(services);
    const { logger } = parts.context;
    // First: fields of instances that are made now may have broadcasters of other paths.
    parts.broadcasters.serve((path) => this.service(path));
    this.#instances = new Instances(services, {
      ...parts,
      report: (message, cause) => logger.error(message, { cause }),
    });
    for (const path of this.#router.exactPaths()) this.#at(path);
  }

  /** One more service. Throws a `DeclarationError` as the constructor does; nothing has changed then. */
  add(service: Service): void {
    this.#router.check(service);
    this.#instances.add(service);
    this.#router.add(service);
    if (service.template.exact) this.#at(service.template.text);
  }

  /**
   * Runs `onInit` of the services that have one instance for all, in their order, and then of the instances that resources
   * of an earlier run are at. Rejects with what names class and method.
   */
  async start(): Promise<void> {
    await this.#instances.start();
    for (const { path, life } of [...this.#endpoints.values()]) if (!life.begun) await this.at(path);
  }

  /** The endpoint at a path, for a resource of an earlier run; its instance begins with `start`. */
  restored(path: string): Endpoint {
    return this.#at(path);
  }

  /** Runs `onDestroy` of every instance that has begun, in reverse; waits for none any more when `deadline` has resolved. */
  end(deadline: Promise<void>): Promise<void> {
    return this.#instances.endAll(deadline);
  }

  /** The endpoints that there are. */
  all(): IterableIterator<Endpoint> {
    return this.#endpoints.values();
  }

  /** The service at a path, if there is one. */
  service(path: string): Service | undefined {
    return this.#endpoints.get(path)?.service ?? this.#router.find(path)?.route;
  }

  /** The resource that a request names, at the path of the request. Throws `not-found` when no service is there. */
  resource(request: Request, resources: ResourceFactory): Resource | undefined {
    if (!this.service(request.path)) throw new Failure('not-found');
    const endpoint = this.#endpoints.get(request.path);
    return endpoint && resources.named(request, endpoint);
  }

  /** The endpoint at a path, when its instance has begun: at once unless that takes its time. Throws `not-found`. */
  at(path: string): MaybePromise<Endpoint> {
    const endpoint = this.#at(path);
    const { life } = endpoint;
    if (life.begun) return endpoint;
    this.#instances.note(life);
    try {
      const beginning = life.begin(this.#ending.get(path));
      if (!isPromise(beginning)) return endpoint;
      return beginning.then(
        () => this.at(path),
        (error: unknown) => this.#failed(endpoint, error),
      );
    } catch (error) {
      return this.#failed(endpoint, error);
    }
  }

  /** An endpoint of a template goes when nobody was there for a while; one of an exact path stays, with its state. */
  retireLater(endpoint: Endpoint): void {
    const { service } = endpoint;
    if (service.template.exact || endpoint.population > 0) return;
    const { context } = this.#parts;
    const millis = service.config.endpointIdleSeconds * 1000;
    endpoint.idleSince = context.now();
    context.timers.after(millis, () => {
      if (endpoint.population > 0 || context.now() - endpoint.idleSince < millis) return;
      this.#retire(endpoint);
    });
  }

  #at(path: string): Endpoint {
    return this.#endpoints.get(path) ?? this.#make(path);
  }

  #make(path: string): Endpoint {
    const found = this.#router.find(path);
    if (!found) throw new Failure('not-found');
    const { route: service, params } = found;
    const { broadcasters, context } = this.#parts;
    const life = this.#instances.of(service);
    if (!this.#instances.isShared(life)) service.fields.fill(life.object, params);
    const endpoint = new Endpoint(life, path, params, broadcasters.ofEndpoint(path, service), context);
    this.#endpoints.set(path, endpoint);
    this.retireLater(endpoint);
    return endpoint;
  }

  /** One whose instance did not begin goes at once: who comes next tries anew. */
  #failed(endpoint: Endpoint, error: unknown): never {
    this.#instances.forget(endpoint.life);
    if (!endpoint.service.template.exact) this.#remove(endpoint);
    throw error;
  }

  #retire(endpoint: Endpoint): void {
    const { path, life } = endpoint;
    if (this.#remove(endpoint) && !this.#instances.isShared(life)) this.#destroy(path, life);
  }

  /** Whether it was there. */
  #remove(endpoint: Endpoint): boolean {
    const { path } = endpoint;
    if (this.#endpoints.get(path) !== endpoint) return false;
    this.#endpoints.delete(path);
    this.#parts.broadcasters.release(path);
    return true;
  }

  #destroy(path: string, life: Instance): void {
    // Nothing is waited for that does not exist.
    if (life.service.life.destroy === undefined) return void this.#instances.end(life);
    const ended = this.#instances.end(life).then(() => {
      if (this.#ending.get(path) === ended) this.#ending.delete(path);
      return undefined;
    });
    this.#ending.set(path, ended);
    this.#parts.context.track(ended);
  }
}
