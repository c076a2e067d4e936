import 'reflect-metadata';
import { compareVersions } from '@ionosphere/protocol';
import { container as rootContainer, type DependencyContainer, type InjectionToken } from 'tsyringe';
import { BroadcasterFactory, logBounds } from './broadcaster-factory';
import { systemClock, type Clock } from './clock';
import { configure, type Config } from './config';
import type { Context } from './context';
import { Endpoint } from './endpoint';
import { DeclarationError, Failure } from './errors';
import { Framings } from './framing';
import type { Interceptor, Next } from './interceptor';
import { TrackMessageSizeInterceptor } from './interceptors/track-message-size';
import { Logger, silentLogger } from './logger';
import type { Class, Provided } from './metadata';
import { Outflow } from './outflow';
import type { Request } from './request';
import { Resource } from './resource';
import { ResourceRegistry } from './resource-registry';
import { Router } from './router';
import { bind, type Service } from './service';
import { isPromise, type MaybePromise } from './settle';
import { Timers } from './timers';

/** What an app is made of. */
export interface AppOptions {
  /** Classes with `@ManagedService`. */
  readonly services: readonly Class<object>[];
  /** Interceptors of all services. Default: none besides `TrackMessageSizeInterceptor`, which is always there. */
  readonly interceptors?: readonly Provided<Interceptor>[];
  /** Settings that differ from the defaults. */
  readonly config?: Partial<Config>;
  /** Makes services and what they ask for in their constructors. Default: tsyringe's root container. */
  readonly container?: DependencyContainer;
  /** Default: nothing is logged. */
  readonly logger?: Logger;
  /** Default: the clock on the wall. */
  readonly clock?: Clock;
  /** Told of every failure, after the service's `@OnError`. What it throws is logged. */
  readonly onError?: (failure: Failure, resource: Resource) => void;
}

/** Older clients read another handshake. */
const OLDEST_FRAMEWORK = [2, 2, 1];

interface Route {
  readonly name: string;
  readonly template: Service['template'];
  readonly service: Service;
  readonly connect: Next<Request, Resource>;
}

/** Services, bound and ready for transports. Knows no socket: `serve` of `@ionosphere/server` puts one in front. */
export class App {
  readonly config: Config;
  readonly logger: Logger;
  readonly container: DependencyContainer;
  /** All broadcasters: to send from outside of any service, `app.broadcasters.lookup('/chat/blue').broadcast('hello')`. */
  readonly broadcasters: BroadcasterFactory;
  /** All resources. */
  readonly resources = new ResourceRegistry();
  readonly #context: Context & { stopping: boolean };
  readonly #router: Router<Route>;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #work = new Set<PromiseLike<unknown>>();

  /** Binds the services. Throws a `DeclarationError` that says what is wrong with one of them. */
  constructor(options: AppOptions) {
    this.config = configure(options.config);
    this.logger = options.logger ?? silentLogger;
    this.#context = this.#makeContext(options.clock ?? systemClock, options.onError);
    this.broadcasters = new BroadcasterFactory({ ...this.#context, config: this.config });
    this.container = (options.container ?? rootContainer).createChildContainer();
    this.container.registerInstance(App, this);
    this.container.registerInstance(BroadcasterFactory, this.broadcasters);
    this.container.registerInstance(ResourceRegistry, this.resources);
    this.container.registerInstance(Logger as unknown as InjectionToken<Logger>, this.logger);
    this.#router = new Router(options.services.map(this.#binder(options)));
    for (const path of this.#router.exactPaths()) this.#endpointAt(path);
  }

  /**
   * The resource for a client that connects: a new one, or the one it names. The transport then attaches its connection.
   * Throws, or rejects with, a `Failure` when the client is refused.
   */
  connect(request: Request): MaybePromise<Resource> {
    if (this.#context.stopping) throw new Failure('stopping');
    const { protocol, framework } = request.wire;
    if (protocol && framework && compareVersions(framework, OLDEST_FRAMEWORK) < 0)
      throw new Failure('unsupported-version');
    return this.#route(request.path).route.connect(request);
  }

  /** The resource that a message came for. Throws a `Failure` when there is nothing at the path, or no such resource. */
  resourceOf(request: Request): Resource {
    this.#route(request.path);
    const endpoint = this.#endpoints.get(request.path);
    const resource = endpoint && this.resources.named(request, endpoint);
    if (!resource) throw new Failure('unknown-resource');
    return resource;
  }

  /** A resource for one message of a client that has none; it is subscribed to nothing and ends with its `leave`. */
  visitor(request: Request): Resource {
    return new Resource(crypto.randomUUID(), this.#endpointAt(request.path), request, this.#context);
  }

  /** Whether a service is at the path. */
  serves(path: string): boolean {
    return this.#router.find(path) !== undefined;
  }

  /**
   * Refuses new clients and messages, lets handlers finish, tells every client, and waits for the `@Disconnect` handlers.
   *
   * @param deadlineSeconds how long handlers may take in all. Default 10.
   */
  async stop(deadlineSeconds = 10): Promise<void> {
    this.#context.stopping = true;
    const deadline = new Promise<void>((resolve) => this.#context.timers.after(deadlineSeconds * 1000, resolve));
    await Promise.race([this.#settled(), deadline]);
    for (const resource of [...this.resources.all()]) resource.close(new Failure('stopping'));
    await Promise.race([this.#settled(), deadline]);
    this.#context.timers.stop();
  }

  async #settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled([...this.#work]);
  }

  #makeContext(clock: Clock, onError: AppOptions['onError']): Context & { stopping: boolean } {
    const report = (cause: unknown): void => this.logger.error('An internal task failed', { cause });
    const timers = new Timers(clock, report);
    let sequence = 0;
    return {
      config: this.config,
      logger: this.logger,
      timers,
      outflow: new Outflow(clock, report),
      framings: new Framings(),
      outboxBounds: logBounds(this.config),
      stopping: false,
      nextSequence: () => sequence++,
      now: () => clock.now(),
      lately: () => timers.lately,
      ended: (resource, ending) => {
        this.resources.remove(resource, ending);
        this.#retireLater(resource.endpoint);
      },
      track: (outcome, then) => this.#track(outcome, then),
      failed: (failure, resource) => this.#tell(onError, failure, resource),
      everyone: () => this.resources.all(),
    };
  }

  /** The hook is the application's code, and may be asynchronous whatever its type says. */
  #tell(onError: AppOptions['onError'], failure: Failure, resource: Resource): void {
    const report = (cause: unknown): void => this.logger.error('The onError hook failed', { cause });
    try {
      const told: unknown = onError?.(failure, resource);
      if (isPromise(told)) told.then(undefined, report);
    } catch (cause) {
      report(cause);
    }
  }

  #track<T>(outcome: MaybePromise<T>, then?: (value: T) => void): void {
    if (!isPromise(outcome)) return then?.(outcome);
    const work = outcome.then(
      (value) => {
        this.#work.delete(work);
        then?.(value);
      },
      () => void this.#work.delete(work),
    );
    this.#work.add(work);
  }

  #binder(options: AppOptions): (type: Class<object>) => Route {
    const provide = <T>(provided: Provided<T>): T =>
      typeof provided === 'function' ? this.container.resolve(provided as InjectionToken<T>) : provided;
    const standard = new TrackMessageSizeInterceptor({ delimiter: this.config.messageDelimiter });
    const own = (options.interceptors ?? []).map(provide);
    const interceptors = own.some((interceptor) => interceptor instanceof TrackMessageSizeInterceptor)
      ? own
      : [standard, ...own];
    const parts = {
      config: this.config,
      framings: this.#context.framings,
      interceptors,
      provide,
      named: (id: string) => this.broadcasters.lookup(id),
    };
    return (type) => {
      const service = bind(type, parts);
      const connect = service.connect((request) => {
        // Interceptors may have taken so long that the app has stopped meanwhile, and has closed every resource.
        if (this.#context.stopping) throw new Failure('stopping');
        return this.resources.claim(request, this.#endpointAt(request.path), this.#context);
      });
      return { name: service.name, template: service.template, service, connect };
    };
  }

  #route(path: string): { route: Route; params: ReadonlyMap<string, string> } {
    const found = this.#router.find(path);
    if (!found) throw new Failure('not-found');
    return found;
  }

  #endpointAt(path: string): Endpoint {
    const known = this.#endpoints.get(path);
    if (known) return known;
    const { route, params } = this.#route(path);
    const { service } = route;
    const endpoint = new Endpoint(
      service,
      path,
      params,
      this.#instance(service),
      this.broadcasters.lookup(path, service.filters),
      this.#context,
    );
    this.#endpoints.set(path, endpoint);
    this.#retireLater(endpoint);
    return endpoint;
  }

  #instance({ type, name }: Service): object {
    try {
      return this.container.resolve(type as InjectionToken<object>);
    } catch (cause) {
      throw new DeclarationError(`${name} could not be constructed: ${(cause as Error).message}`, { cause });
    }
  }

  /** An endpoint of a template goes when nobody was there for a while; one of an exact path stays, with its state. */
  #retireLater(endpoint: Endpoint): void {
    if (endpoint.service.template.exact || endpoint.resources.size > 0) return;
    const millis = this.config.endpointIdleSeconds * 1000;
    endpoint.idleSince = this.#context.now();
    this.#context.timers.after(millis, () => {
      if (endpoint.resources.size > 0 || this.#context.now() - endpoint.idleSince < millis) return;
      if (this.#endpoints.get(endpoint.path) !== endpoint) return;
      this.#endpoints.delete(endpoint.path);
      this.broadcasters.remove(endpoint.path);
    });
  }
}
