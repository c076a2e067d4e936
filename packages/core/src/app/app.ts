import 'reflect-metadata';
import { container as rootContainer, type DependencyContainer } from 'tsyringe';
import { BroadcasterFactory } from '../broadcaster/broadcaster-factory';
import { makeCore } from './app-context';
import { checkAppOptions, type AppOptions } from './app-options';
import { appWide, type AppWide } from './app-wide';
import type { AtmosphereClient } from '../client-objects/atmosphere-client';
import { atmosphere, type AtmosphereOptions } from '../client-objects/atmosphere-route';
import { announceRoutes } from '../client-objects/client-routes';
import type { Config } from '../settings/config';
import type { Context } from '../resource/context';
import { Counters } from '../limits/counters';
import { Endings } from './endings';
import { Endpoints } from '../service/endpoints';
import { Entrances } from '../service/entrance';
import { DeclarationError, Failure } from '../errors';
import type { HttpAnswer, HttpExchange } from '../request/http';
import { Admission } from '../limits/admission';
import { MessageRate } from '../limits/message-rate';
import { Logger, silentLogger } from '../logger';
import { Maker } from '../service/maker';
import { MetaBroadcaster } from './meta-broadcaster';
import type { Class } from '../declaration/metadata';
import { register, type Registered } from '../declaration/registration';
import type { Request } from '../request/request';
import type { Resource } from '../resource/resource';
import { restore } from './restoration';
import { ResourceFactory } from '../resource/resource-factory';
import { RoomManager } from '../rooms/room-manager';
import { bind, type Service, type ServiceParts } from '../service/service';
import { isPromise, type MaybePromise } from '../time/settle';
import { configOfApp } from '../settings/of-app';
import { Shutdown, type StopOptions } from './shutdown';
import { stream, type StreamOptions } from '../streams/stream-service';
import type { MessageKind, MessageOf, OpenStreams } from '../streams/streams';
import type { Timer } from '../time/timers';
import { Work } from '../resource/work';

export type { AppOptions } from './app-options';

/** What the app itself changes of what its parts know. */
type AppContext = Context & { stopping: boolean; dismissed: boolean };

/** Services, bound and ready for transports. Knows no socket: `serve` of `@ionosphere/server` puts one in front. */
export class App {
  readonly config: Config;
  readonly logger: Logger;
  readonly container: DependencyContainer;
  /** All broadcasters: to send from outside of any service, `app.broadcasters.lookup('/chat/blue').broadcast('hello')`. */
  readonly broadcasters: BroadcasterFactory;
  /** Sends to all broadcasters whose names match a pattern. */
  readonly metaBroadcaster: MetaBroadcaster;
  /** All rooms. */
  readonly rooms: RoomManager;
  /** All resources. */
  readonly resources = new ResourceFactory();
  /** What happened so far, in numbers: `app.counters.snapshot()`. */
  readonly counters = new Counters(() => this.resources.size);
  /** Where transports ask before they make a connection. */
  readonly admission: Admission;
  readonly #context: AppContext;
  readonly #endpoints: Endpoints;
  readonly #maker: Maker;
  readonly #parts: ServiceParts;
  readonly #entrances: Entrances;
  readonly #withdraw: () => void;
  readonly #work = new Work();
  readonly #endings: Endings;
  /** For transports: called with each service that is added while the app runs. */
  onService: ((service: Service) => void) | undefined;
  /** For transports: called before that. What it throws leaves the app as it is. */
  beforeService: ((service: Service) => void) | undefined;
  #started: Promise<void> | undefined;
  #shutdown: Shutdown | undefined;

  /** Binds the services. Throws a `DeclarationError` that says what is wrong with one of them. */
  constructor(options: AppOptions) {
    checkAppOptions(options);
    this.config = configOfApp(options);
    this.logger = options.logger ?? silentLogger;
    this.#endings = new Endings(this.logger);
    const context = (this.#context = this.#makeContext(options));
    const { config, counters, resources } = this;
    this.admission = new Admission({ config, counters, clock: context, resources });
    const broadcasters = (this.broadcasters = new BroadcasterFactory(context));
    this.metaBroadcaster = new MetaBroadcaster(broadcasters, context.siblings);
    const rooms = (this.rooms = new RoomManager({ context, broadcasters, resources }));
    this.#maker = new Maker(options.container ?? rootContainer, [
      [App, this],
      [BroadcasterFactory, broadcasters],
      [MetaBroadcaster, this.metaBroadcaster],
      [ResourceFactory, resources],
      [RoomManager, rooms],
      [Logger, this.logger],
    ]);
    this.container = this.#maker.container;
    try {
      const registered = register(options.services);
      this.#parts = this.#serviceParts(this.#appWide(options, registered));
      const bound = registered.services.map((type) => bind(type, this.#parts));
      const endpoints = (this.#endpoints = new Endpoints(bound, {
        context,
        broadcasters,
        construct: (type, alone) => this.#maker.construct(type, alone),
        isRegistered: (type) => this.#maker.isRegistered(type),
      }));
      const refuseNew = (known: Resource | undefined): void => this.#refuseNew(known);
      this.#entrances = new Entrances({ context, endpoints, resources, refuseNew });
      for (const service of bound) this.#entrances.add(service);
      restore({ context, endpoints, broadcasters, resources, rooms });
      this.#withdraw = announceRoutes(() => endpoints.all());
    } catch (error) {
      context.durability?.close();
      throw error;
    }
  }

  /**
   * Adds a service to the app while it runs. Throws a `DeclarationError`, as the constructor does; nothing has changed then.
   * Its `onInit` runs with its first client.
   */
  add(type: Class<object>): void {
    if (this.#context.stopping) throw new Failure('stopping');
    const [service] = register([type]).services;
    if (!service)
      throw new DeclarationError(`${type.name} is registered for all services; give it to the app when that is made`);
    const bound = bind(service, this.#parts);
    this.beforeService?.(bound);
    this.#endpoints.add(bound);
    this.#entrances.add(bound);
    this.onService?.(bound);
  }

  /** Adds a route of client objects while the app runs: `app.atmosphere('/the-chat', () => new ChatClient())`. */
  atmosphere(path: string, make: () => AtmosphereClient, options?: AtmosphereOptions): void {
    this.add(atmosphere(path, make, options));
  }

  /** Adds a service of streams while the app runs: `app.stream('/ticker', (request) => ({ in, out }))`. */
  stream<const K extends MessageKind = 'text'>(
    path: string,
    open: OpenStreams<MessageOf<K>>,
    options?: StreamOptions<K>,
  ): void {
    this.add(stream(path, open, options));
  }

  /**
   * The resource for a client that connects: a new one, or the one it names. The transport then attaches its connection.
   * Throws, or rejects with, a `Failure` when the client is refused.
   */
  connect(request: Request): MaybePromise<Resource> {
    return this.#entrances.connect(request);
  }

  /** What interceptors answer a request to a service with; undefined when they let it go on. Throws, or rejects with, a `Failure`. */
  request(exchange: HttpExchange): MaybePromise<HttpAnswer | undefined> {
    return this.#endpoints.service(exchange.request.path)?.request(exchange);
  }

  /** The resource that a message came for. Throws a `Failure` when there is nothing at the path, or no such resource. */
  resourceOf(request: Request): Resource {
    const resource = this.#endpoints.resource(request, this.resources);
    if (!resource) throw new Failure('unknown-resource');
    return resource;
  }

  /**
   * A resource for one message of a client that has none; it is subscribed to nothing and ends with its `leave`. It passes
   * the interceptors' `connect` like any other. There is no `@Ready` for it. Throws, or rejects with, a `Failure`.
   */
  visitor(request: Request): MaybePromise<Resource> {
    return this.#entrances.visit(request);
  }

  /** For transports: calls once, no earlier than after so many milliseconds, unless the app has stopped. */
  after(millis: number, fn: () => void): Timer {
    return this.#context.timers.after(millis, fn);
  }

  /** The service at a path, if there is one. */
  serviceAt(path: string): Service | undefined {
    return this.#endpoints.service(path);
  }

  /** Whether a service is at the path. */
  serves(path: string): boolean {
    return this.serviceAt(path) !== undefined;
  }

  /** All services. */
  get services(): Service[] {
    return this.#entrances.services;
  }

  /**
   * Runs `onInit` of the services that have one instance, in their order. Rejects with what names class and method when one
   * throws. Without this call each begins with its first client, as the instances of path templates do.
   */
  start(): Promise<void> {
    return (this.#started ??= this.#endpoints.start());
  }

  /**
   * Refuses new clients and messages, lets handlers finish and what was sent leave, tells every client, waits for the
   * `@Disconnect` methods, for `onDestroy` of each service, and for `destroy` of interceptors and filters. Called twice, it stops once.
   */
  stop(options: StopOptions = {}): Promise<void> {
    const { timers, durability } = this.#context;
    const [work, endpoints, endings] = [this.#work, this.#endpoints, this.#endings];
    const dismissing = (): void => void (this.#context.dismissed = true);
    const parts = { work, resources: this.resources, endpoints, endings, timers, durability, dismissing };
    this.#shutdown ??= new Shutdown(parts, options);
    this.#context.stopping = true;
    this.resources.land();
    return this.#shutdown.run().finally(this.#withdraw);
  }

  /** Who is known may still fetch what was sent to it, until it is told to go; nobody else is let in while the app stops. */
  #refuseNew(known: Resource | undefined): void {
    const { stopping, dismissed } = this.#context;
    if (stopping && (!known || dismissed)) throw this.#shutdown?.refusal() ?? new Failure('stopping');
  }

  #makeContext(options: AppOptions): AppContext {
    const { config, logger, counters } = this;
    const core = makeCore({ ...options, config, logger, counters });
    return {
      ...core,
      stopping: false,
      dismissed: false,
      ended: (resource, ending) => {
        core.durability?.ended(resource);
        this.resources.remove(resource, ending);
        resource.endpoint.service.ended?.(resource);
        this.#endpoints.retireLater(resource.endpoint);
      },
      track: (outcome, then) => this.#work.track(outcome, then),
      failed: (failure, resource) => this.#tell(options.onError, failure, resource),
      everyone: () => this.resources.all(),
    };
  }

  #appWide(options: AppOptions, registered: Registered): AppWide {
    const all = appWide(options, this.config, registered, (provided) => this.#maker.provide(provided));
    for (const listener of all.broadcasterListeners) this.broadcasters.addListener(listener);
    for (const inspector of all.cacheInspectors) this.broadcasters.addCacheInspector(inspector);
    for (const filter of all.filters) this.broadcasters.addFilter(filter);
    this.#endings.add(all.filters);
    return all;
  }

  #serviceParts({ interceptors, listeners }: AppWide): ServiceParts {
    return {
      config: this.config,
      framings: this.#context.framings,
      rate: (config) => MessageRate.of(config, this.counters),
      interceptors,
      context: { ...this.#context, resources: this.resources, broadcasters: this.broadcasters, rooms: this.rooms },
      listeners,
      provide: (provided) => this.#maker.provide(provided),
      construct: (type) => this.#maker.construct(type, true),
      named: (id, type) => this.broadcasters.lookup(id, type),
      endings: this.#endings,
    };
  }

  /** Counts a failure, and tells the hook. It is the application's code, and may be asynchronous whatever its type says. */
  #tell(onError: AppOptions['onError'], failure: Failure, resource: Resource): void {
    const report = (cause: unknown): void => this.logger.error('The onError hook failed', { cause });
    this.counters.failed(failure);
    try {
      const told: unknown = onError?.(failure, resource);
      if (isPromise(told)) told.then(undefined, report);
    } catch (cause) {
      report(cause);
    }
  }
}
