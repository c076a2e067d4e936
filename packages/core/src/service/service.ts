import type { Payload } from '@ionosphere/protocol';
import { checkService } from '../declaration/attributes';
import { AutoPings } from '../resource/auto-ping';
import { broadcasterSpec, type BroadcasterSpec } from '../broadcaster/broadcaster-settings';
import type { Call } from '../methods/call';
import type { ClientRoute } from '../client-objects/client-route';
import type { Config } from '../settings/config';
import { declarationOf, type Declaration } from '../declaration/declaration';
import type { Endings } from '../app/endings';
import type { Handshake } from './entrance';
import type { Failure } from '../errors';
import { clientMethods, handlerMethods, streamMethods, type Methods } from './faces';
import { filterPort, type Filter } from '../filters/filter';
import { namedFilters } from '../filters/named';
import type { FrameStageFactory } from '../web-socket/frame-stage';
import type { FrameLayer, Framing, Framings } from '../codec/framing';
import type { HttpAnswer, HttpExchange } from '../request/http';
import {
  fold,
  inOrder,
  interceptorPort,
  stagesOf,
  type Arrival,
  type HeartbeatPlan,
  type Interceptor,
  type InterceptorContext,
  type Next,
} from '../interceptors/interceptor';
import { connectChain, requestChain } from '../interceptors/passage';
import { standardInterceptors } from '../interceptors/standard';
import { compileFields, type InjectedFields } from '../methods/injected-fields';
import { lifeHooksOf, noHooks, type LifeHooks } from './life-hooks';
import { resumesOnBroadcast } from '../resource/resume-on-broadcast';
import { messageLimit } from '../request/message-limit';
import { configOfService } from '../settings/of-service';
import type { MessageRate } from '../limits/message-rate';
import { managedMethods } from './managed-methods';
import type { Chosen, EventMethod } from '../methods/message-method';
import type { Class, Provided, ServiceOptions } from '../declaration/metadata';
import { outboundRules, type OutboundRules } from '../resource/outbound-rules';
import type { ParameterScope } from '../methods/parameters';
import { provideAll } from '../settings/ports';
import type { Request } from '../request/request';
import type { Resource } from '../resource/resource';
import { listenersOf, type ResourceListener } from '../resource/resource-listener';
import { bindRooms, type ServiceRooms } from '../rooms/room-declaration';
import type { MaybePromise } from '../time/settle';
import type { Template } from '../request/template';
import type { Connection, Transport } from '../transport';
import { verbNames, type VerbMethod } from '../methods/verb-method';
import { echo, handle, notOnWebSocket } from '../web-socket/web-socket-messages';
import type { HandlerMethods } from '../web-socket/web-socket-handler';

/** What a service is bound with. */
export interface ServiceParts {
  readonly config: Config;
  readonly framings: Framings;
  readonly rate: (config: Config) => MessageRate | undefined;
  /** The app's interceptors and listeners; the service's own come after them. */
  readonly interceptors: readonly Interceptor[];
  readonly context: InterceptorContext;
  readonly listeners: readonly ResourceListener[];
  /** Gives the object itself, or the one that the container makes of a class. */
  readonly provide: <T>(provided: Provided<T>) => T;
  /** A new object of a class, which the container does not keep. */
  readonly construct: (type: Class<object>) => object;
  readonly named: ParameterScope['named'];
  readonly endings: Endings;
}

/** A decorated class, compiled. Reflection happened in `bind` and never again. */
export interface Service {
  readonly name: string;
  readonly type: Class<object>;
  readonly template: Template;
  /** One instance for all concrete paths. */
  readonly singleton: boolean;
  readonly fields: InjectedFields;
  readonly life: LifeHooks;
  /** Settings of the application, with the service's own. */
  readonly config: Config;
  /** The largest message of each kind that a client may send, in bytes. */
  readonly messageLimits: { readonly text: number; readonly binary: number };
  /** How many messages a resource may send; undefined for any number. */
  readonly rate: MessageRate | undefined;
  /** How its resources are written to. */
  readonly outbound: OutboundRules;
  /** Filters of its broadcasters, besides those of all. */
  readonly filters: readonly Filter[];
  readonly rooms: ServiceRooms;
  readonly broadcaster: BroadcasterSpec;
  readonly ready: EventMethod | undefined;
  readonly disconnect: EventMethod | undefined;
  readonly beat: EventMethod | undefined;
  readonly resume: EventMethod | undefined;
  readonly onError: EventMethod | undefined;
  /** HTTP method -> the method for it. */
  readonly verbs: ReadonlyMap<string, VerbMethod>;
  /** Called for pings and pongs, by a service that takes raw WebSockets only; any other takes every transport. */
  readonly control: HandlerMethods['control'] | undefined;
  /** How each client's object is made, by a route of client objects: it has no instance of its own. */
  readonly clients: ClientRoute | undefined;
  /** Called for pings of `autoPing` that were answered. */
  readonly roundTrip: ((call: Call) => unknown) | undefined;
  /** The service's own word on a client that connects. */
  readonly handshake: Handshake | undefined;
  /** Told of the end of each resource at once; `disconnect` comes when all its messages were handled. */
  readonly ended: ((resource: Resource) => void) | undefined;
  /** Finds the method for a payload and decodes it. */
  readonly choose: (payload: Payload) => MaybePromise<Chosen>;
  /** Make the stages of each WebSocket. */
  readonly frameStages: readonly FrameStageFactory[];
  /** Listeners for a new resource. */
  readonly listeners: () => readonly ResourceListener[];
  /** Whether a request connects its client: every GET may, and what an interceptor says. */
  readonly connects: (request: Request) => boolean;
  /** Whether a poll that says what one before said may go on without asking anybody. */
  readonly repeatable: boolean;
  /** Runs the interceptors around an HTTP request; undefined lets it go on. */
  readonly request: Next<HttpExchange, HttpAnswer | undefined>;
  /** Runs the interceptors around a message that is not decoded yet, and the message; undefined when there are none. */
  readonly arrive: Next<Arrival, Failure | undefined> | undefined;
  /** What an HTTP connection begins with. */
  readonly preamble: (request: Request, transport: Transport) => string;
  /** Heartbeats of one connection. */
  readonly heartbeat: (request: Request) => HeartbeatPlan;
  /** Runs the interceptors around a connect. */
  readonly connect: (last: Next<Request, Resource>) => Next<Request, Resource>;
  /** Framing of one connection. */
  readonly framing: (connection: Connection) => Framing;
}

/** Compiles a class with `@ManagedService`. Throws a `DeclarationError` that names class, method and mend. */
export function bind(type: Class<object>, parts: ServiceParts): Service {
  const declaration = declarationOf(type);
  const { options, template, singleton } = declaration;
  checkService(declaration);
  const config = configOfService(type, options, parts.config);
  const given = [
    ...parts.interceptors,
    ...provideAll(`${type.name}: interceptors`, options.interceptors, interceptorPort, parts.provide),
  ];
  const { rooms, interceptors: own } = bindRooms(declaration, given, parts.provide);
  const interceptors = inOrder(type.name, [...standardInterceptors(config, own, verbNames(declaration)), ...own]);
  for (const interceptor of interceptors) interceptor.init?.({ ...parts.context, config });
  const filters = filtersOf(type.name, options, config, parts);
  parts.endings.add([...interceptors, ...filters]);
  const onMessages = config.interceptWebSocketMessages ? interceptors : interceptors.map(notOnWebSocket);
  const layers = stagesOf(interceptors, 'framing');
  const methods = methodsOfFace(declaration, onMessages, config, parts);
  return {
    name: type.name,
    type,
    template,
    singleton,
    fields: compileFields(declaration, parts.named),
    life: declaration.clients ? noHooks : lifeHooksOf(declaration),
    config,
    messageLimits: { text: messageLimit(config, 'text'), binary: messageLimit(config, 'binary') },
    rate: parts.rate(config),
    outbound: outboundRules(config, type.name, options.slowClients),
    rooms,
    broadcaster: broadcasterSpec(type.name, options, config, parts.provide),
    filters,
    ...methods,
    repeatable: !methods.handshake && !methods.verbs.has('GET') && interceptors.every(isRepeatable),
    frameStages: options.frameStages ?? [],
    listeners: listenersOf(
      type.name,
      [
        ...parts.listeners,
        ...(config.resumeOnBroadcast ? [resumesOnBroadcast] : []),
        ...(options.autoPing ? [new AutoPings(options.autoPing, parts.context)] : []),
      ],
      options.listeners,
      parts.provide,
    ),
    request: requestChain(type.name, interceptors),
    connects: connectsOf(stagesOf(interceptors, 'connects')),
    connect: connectChain(type.name, interceptors),
    arrive: arriveOf(stagesOf(onMessages, 'arrival'), config),
    preamble: preambleOf(stagesOf(interceptors, 'preamble')),
    heartbeat: planOf(stagesOf(interceptors, 'heartbeat')),
    framing: ({ transport, request }) =>
      parts.framings.of(transport, layersFor(request, layers), request.wire.positions),
  };
}

const bare: readonly FrameLayer[] = [];

/** Most connections have none, or one: it is asked with each. */
function layersFor(request: Request, stages: readonly NonNullable<Interceptor['framing']>[]): readonly FrameLayer[] {
  let layers: FrameLayer[] | undefined;
  for (const stage of stages) {
    const layer = stage(request);
    if (layer) (layers ??= []).push(layer);
  }
  return layers ?? bare;
}

function filtersOf(
  service: string,
  { broadcastFilters }: ServiceOptions,
  { enableFilters }: Config,
  { provide }: ServiceParts,
): Filter[] {
  const own = provideAll(`${service}: broadcastFilters`, broadcastFilters, filterPort, provide);
  return [...enableFilters.map((name) => namedFilters[name]), ...own];
}

function methodsOfFace(
  declaration: Declaration,
  interceptors: readonly Interceptor[],
  config: Config,
  parts: ServiceParts,
): Methods {
  const { handler, clients, stream } = declaration;
  if (handler) return handlerMethods(declaration, interceptors);
  if (clients) return clientMethods(declaration, clients, interceptors, parts);
  if (stream) {
    const warn = (text: string): void => parts.context.logger.warn(text);
    const { provide } = parts;
    return streamMethods(declaration, stream, {
      interceptors,
      dto: { unknownKeys: config.unknownKeys },
      warn,
      provide,
    });
  }
  return managedMethods(declaration, interceptors, config, parts);
}

/** Whether an interceptor can be left out when a poll says what one before said, which it let pass. */
function isRepeatable(interceptor: Interceptor): boolean {
  return interceptor.repeatable === true || !('request' in interceptor || 'connect' in interceptor);
}

/** No heartbeats: what holds when no interceptor has a plan. */
const noHeartbeats: HeartbeatPlan = { serverSeconds: 0, clientSeconds: 0, padding: 'X' };

function planOf(stages: readonly NonNullable<Interceptor['heartbeat']>[]): Service['heartbeat'] {
  return (request) => stages.reduce<HeartbeatPlan>((plan, stage) => stage(request) ?? plan, noHeartbeats);
}

function connectsOf(stages: readonly NonNullable<Interceptor['connects']>[]): Service['connects'] {
  return (request) => request.method === 'GET' || stages.some((stage) => stage(request));
}

function arriveOf(stages: readonly NonNullable<Interceptor['arrival']>[], config: Config): Service['arrive'] {
  const echoes = config.webSocketProtocol === 'EchoProtocol';
  if (stages.length === 0 && !echoes) return undefined;
  return fold(stages, echoes ? echo : handle);
}

function preambleOf(stages: readonly NonNullable<Interceptor['preamble']>[]): Service['preamble'] {
  return (request, transport) => stages.map((stage) => stage(request, transport) ?? '').join('');
}
