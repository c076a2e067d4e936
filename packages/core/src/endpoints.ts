import type { BroadcasterFactory } from './broadcaster-factory';
import type { Context } from './context';
import { Endpoint } from './endpoint';
import { Failure } from './errors';
import type { Request } from './request';
import type { Resource } from './resource';
import type { ResourceFactory } from './resource-factory';
import { Router } from './router';
import type { Service } from './service';

/** What endpoints are made with. */
export interface EndpointsParts {
  readonly context: Context;
  readonly broadcasters: BroadcasterFactory;
  readonly instantiate: (service: Service) => object;
}

/** The services of an app by their paths, and an endpoint for each concrete path that somebody asked for. */
export class Endpoints {
  readonly #parts: EndpointsParts;
  readonly #router: Router<Service>;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #singletons = new Map<Service, object>();

  /** Throws a `DeclarationError` when two services are at the same path, or one with an exact path can't be constructed. */
  constructor(services: readonly Service[], parts: EndpointsParts) {
    this.#parts = parts;
    this.#router = new Router(services);
    parts.broadcasters.serve((path) => this.service(path));
    for (const path of this.#router.exactPaths()) this.at(path);
  }

  /** The service at a path, if there is one. */
  service(path: string): Service | undefined {
    return this.#router.find(path)?.route;
  }

  /** The resource that a request names, at the path of the request. Throws `not-found` when no service is there. */
  resource(request: Request, resources: ResourceFactory): Resource | undefined {
    if (!this.service(request.path)) throw new Failure('not-found');
    const endpoint = this.#endpoints.get(request.path);
    return endpoint && resources.named(request, endpoint);
  }

  /** The endpoint at a path. Throws `not-found`. */
  at(path: string): Endpoint {
    return this.#endpoints.get(path) ?? this.#make(path);
  }

  /** An endpoint of a template goes when nobody was there for a while; one of an exact path stays, with its state. */
  retireLater(endpoint: Endpoint): void {
    const { service, path } = endpoint;
    if (service.template.exact || endpoint.population > 0) return;
    const { context, broadcasters } = this.#parts;
    const millis = service.config.endpointIdleSeconds * 1000;
    endpoint.idleSince = context.now();
    context.timers.after(millis, () => {
      if (endpoint.population > 0 || context.now() - endpoint.idleSince < millis) return;
      if (this.#endpoints.get(path) !== endpoint) return;
      this.#endpoints.delete(path);
      broadcasters.release(path);
    });
  }

  #make(path: string): Endpoint {
    const found = this.#router.find(path);
    if (!found) throw new Failure('not-found');
    const { route: service, params } = found;
    const { broadcasters, context } = this.#parts;
    const instance = this.#instance(service);
    for (const [field, variable] of service.fields) (instance as Record<string, unknown>)[field] = params.get(variable);
    const endpoint = new Endpoint(service, path, params, instance, broadcasters.ofEndpoint(path, service), context);
    this.#endpoints.set(path, endpoint);
    this.retireLater(endpoint);
    return endpoint;
  }

  #instance(service: Service): object {
    if (!service.singleton) return this.#parts.instantiate(service);
    const known = this.#singletons.get(service);
    if (known) return known;
    const instance = this.#parts.instantiate(service);
    this.#singletons.set(service, instance);
    return instance;
  }
}
