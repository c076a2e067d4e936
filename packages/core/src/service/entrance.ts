import { compareVersions } from '@ionosphere/protocol';
import type { Context } from '../resource/context';
import type { Endpoint } from './endpoint';
import type { Endpoints } from './endpoints';
import { Failure } from '../errors';
import type { Next } from '../interceptors/interceptor';
import type { Request } from '../request/request';
import { newId } from '../resource/new-id';
import { Resource } from '../resource/resource';
import type { ResourceFactory } from '../resource/resource-factory';
import type { Service } from './service';
import { after, type MaybePromise } from '../time/settle';

/** What a service has made ready for a client. */
export interface Welcome {
  /** The client has its resource. */
  begin(resource: Resource): void;
  /** It was refused all the same. */
  abandon(): void;
}

/**
 * A service's own word on a client that connects, after the interceptors and before there is a resource. Throws, or rejects
 * with, a `Failure` to refuse.
 *
 * @param known the resource that the client comes back to
 */
export type Handshake = (
  request: Request,
  endpoint: Endpoint,
  known: Resource | undefined,
) => MaybePromise<Welcome | undefined>;

/** What entrances are made with. */
export interface EntranceParts {
  readonly context: Context;
  readonly endpoints: Endpoints;
  readonly resources: ResourceFactory;
  /** Throws when the app stops and lets nobody new in. */
  readonly refuseNew: (known: Resource | undefined) => void;
}

/** Older clients read another handshake. */
const OLDEST_FRAMEWORK = [2, 2, 1];

/** What a service that takes raw WebSockets is reached by; plain ones name no transport. */
const rawTransports: ReadonlySet<string | undefined> = new Set([undefined, 'websocket', 'memory']);

/** The ways into one service: through its interceptors, to a resource. */
class Entrance {
  /** For a client that connects: a new resource, or the one it names. */
  readonly connect: Next<Request, Resource>;
  /** For a message of a client that has none: a resource that is for it alone. */
  readonly visit: Next<Request, Resource>;

  constructor({ connect, handshake }: Service, parts: EntranceParts) {
    const { resources, context, endpoints } = parts;
    const claim = (request: Request, endpoint: Endpoint): Resource => {
      // Interceptors, onInit or the handshake may have taken so long that the app has stopped meanwhile, and has closed every resource.
      if (context.stopping) parts.refuseNew(resources.named(request, endpoint));
      return resources.claim(request, endpoint, context);
    };
    this.connect = connect((request) =>
      after(endpoints.at(request.path), (endpoint) => {
        if (!handshake) return claim(request, endpoint);
        return after(handshake(request, endpoint, resources.named(request, endpoint)), (welcome) => {
          const resource = orAbandon(welcome, () => claim(request, endpoint));
          welcome?.begin(resource);
          return resource;
        });
      }),
    );
    this.visit = connect((request) =>
      after(endpoints.at(request.path), (endpoint) => {
        parts.refuseNew(resources.named(request, endpoint));
        return new Resource(newId(), endpoint, request, context);
      }),
    );
  }
}

function orAbandon(welcome: Welcome | undefined, claim: () => Resource): Resource {
  try {
    return claim();
  } catch (error) {
    welcome?.abandon();
    throw error;
  }
}

/** The ways into all services of an app. */
export class Entrances {
  readonly #parts: EntranceParts;
  readonly #entrances = new Map<Service, Entrance>();

  constructor(parts: EntranceParts) {
    this.#parts = parts;
  }

  get services(): Service[] {
    return [...this.#entrances.keys()];
  }

  /** Lets clients of a service in. */
  add(service: Service): void {
    this.#entrances.set(service, new Entrance(service, this.#parts));
  }

  connect(request: Request): MaybePromise<Resource> {
    const { endpoints, resources, refuseNew, context } = this.#parts;
    const service = endpoints.service(request.path);
    if (service && context.stopping) refuseNew(endpoints.resource(request, resources));
    const { protocol, framework } = request.wire;
    const enforced = (service?.config ?? context.config).enforceProtocolVersion;
    if (enforced && protocol && framework && compareVersions(framework, OLDEST_FRAMEWORK) < 0)
      throw new Failure('unsupported-version');
    const entrance = service && this.#entrances.get(service);
    if (!entrance) throw new Failure('not-found');
    if (service.control && !rawTransports.has(request.wire.transport)) throw new Failure('upgrade-required');
    return entrance.connect(request);
  }

  visit(request: Request): MaybePromise<Resource> {
    const service = this.#parts.endpoints.service(request.path);
    const entrance = service && this.#entrances.get(service);
    if (!entrance) throw new Failure('not-found');
    return entrance.visit(request);
  }
}
