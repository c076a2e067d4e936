import type { Payload } from '@ionosphere/protocol';
import { checkMethod, checkService } from './attributes';
import { broadcasterSpec, type BroadcasterSpec } from './broadcaster-settings';
import type { Call } from './call';
import { decoderPort, encoderPort, encodeWith, type Decoder, type Encoder } from './codec';
import type { Config } from './config';
import { declarationOf, methodOf, methodsOf, type Declaration } from './declaration';
import { DeclarationError, type Failure } from './errors';
import { filterPort, type Filter } from './filter';
import { namedFilters } from './filters/named';
import type { Framing, Framings } from './framing';
import type { HttpAnswer, HttpExchange } from './http';
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
} from './interceptor';
import { standardInterceptors } from './interceptors/standard';
import { compileFields, type InjectedFields } from './injected-fields';
import { lifeHooksOf, type LifeHooks } from './life-hooks';
import { resumesOnBroadcast } from './resume-on-broadcast';
import { configOfService } from './settings/of-service';
import type { MessageRate } from './limits/message-rate';
import { chooser, compileMessageMethod, type Chosen, type EventMethod, type MessageMethod } from './message-method';
import type { Class, DeliverTarget, MethodKind, MethodMetadata, Provided } from './metadata';
import { outboundRules, type OutboundRules } from './outbound-rules';
import { compileCall, compileParameters, type ParameterScope } from './parameters';
import { provideAll } from './ports';
import type { Request } from './request';
import type { Resource } from './resource';
import { listenersOf, type ResourceListener } from './resource-listener';
import { bindRooms, type ServiceRooms } from './rooms/room-declaration';
import { compileReader, type ReaderParts } from './reader';
import type { MaybePromise } from './settle';
import type { Template } from './template';
import type { Connection, Transport } from './transport';
import { compileVerbs, verbNames, type VerbMethod } from './verb-method';
import { echo, handle, notOnWebSocket } from './web-socket-messages';
import { bindHandler, type HandlerMethods } from './web-socket-handler';

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
  readonly named: ParameterScope['named'];
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
  /** Finds the method for a payload and decodes it. */
  readonly choose: (payload: Payload) => MaybePromise<Chosen>;
  /** Listeners for a new resource. */
  readonly listeners: () => readonly ResourceListener[];
  /** Whether a request connects its client: every GET may, and what an interceptor says. */
  readonly connects: (request: Request) => boolean;
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
  checkService(type, options);
  const config = configOfService(type, options, parts.config);
  const given = [
    ...parts.interceptors,
    ...provideAll(`${type.name}: interceptors`, options.interceptors, interceptorPort, parts.provide),
  ];
  const { rooms, interceptors: own } = bindRooms(declaration, given, parts.provide);
  const interceptors = inOrder(type.name, [...standardInterceptors(config, own, verbNames(declaration)), ...own]);
  for (const interceptor of interceptors) interceptor.init?.({ ...parts.context, config });
  const onMessages = config.interceptWebSocketMessages ? interceptors : interceptors.map(notOnWebSocket);
  const layers = stagesOf(interceptors, 'framing');
  return {
    name: type.name,
    type,
    template,
    singleton,
    fields: compileFields(declaration, parts.named),
    life: lifeHooksOf(declaration),
    config,
    rate: parts.rate(config),
    outbound: outboundRules(config, type.name, options.slowClients),
    rooms,
    broadcaster: broadcasterSpec(type.name, options, config, parts.provide),
    filters: [
      ...config.enableFilters.map((name) => namedFilters[name]),
      ...provideAll(`${type.name}: broadcastFilters`, options.broadcastFilters, filterPort, parts.provide),
    ],
    ...(declaration.handler
      ? handlerMethods(declaration, onMessages)
      : managedMethods(declaration, onMessages, config, parts)),
    listeners: listenersOf(
      type.name,
      [...parts.listeners, ...(config.resumeOnBroadcast ? [resumesOnBroadcast] : [])],
      options.listeners,
      parts.provide,
    ),
    request: fold(stagesOf(interceptors, 'request'), () => undefined),
    connects: connectsOf(stagesOf(interceptors, 'connects')),
    connect: (last) => fold(stagesOf(interceptors, 'connect'), last),
    arrive: arriveOf(stagesOf(onMessages, 'arrival'), config),
    preamble: preambleOf(stagesOf(interceptors, 'preamble')),
    heartbeat: planOf(stagesOf(interceptors, 'heartbeat')),
    framing: ({ transport, request }) =>
      parts.framings.of(
        transport,
        layers.map((layer) => layer(request)).filter((layer) => layer !== undefined),
        request.wire.positions,
      ),
  };
}

/** The part of a service that its methods make. */
type Methods = Pick<Service, 'ready' | 'disconnect' | 'beat' | 'resume' | 'onError' | 'verbs' | 'choose' | 'control'>;

function managedMethods(
  declaration: Declaration,
  interceptors: readonly Interceptor[],
  config: Config,
  parts: ServiceParts,
): Methods {
  const { type } = declaration;
  const around = stagesOf(interceptors, 'event');
  const compile = (method: MethodMetadata): Compiled => {
    const compiled = compileMethod(method, declaration, parts);
    return method.kind === 'Message' ? compiled : { ...compiled, call: fold(around, compiled.call) };
  };
  const event = (kind: MethodKind): EventMethod | undefined => eventMethod(methodOf(kind, declaration), compile);
  const partsOf = (compiled: Compiled): ReaderParts => readerParts(compiled, type, config, parts);
  const messages = methodsOf('Message', declaration).map((method) => {
    const compiled = compile(method);
    return messageMethod(compiled, partsOf(compiled), interceptors);
  });
  return {
    ready: event('Ready'),
    disconnect: event('Disconnect'),
    beat: event('Heartbeat'),
    resume: event('Resume'),
    onError: event('OnError'),
    verbs: compileVerbs(declaration, (method) => {
      const compiled = compile(method);
      return { run: compiled.call, read: compiled.payload && compileReader(partsOf(compiled)).read };
    }),
    choose: chooser(type.name, messages),
    control: undefined,
  };
}

function handlerMethods({ type, methods }: Declaration, interceptors: readonly Interceptor[]): Methods {
  const decorated = methods.find(({ kind }) => kind !== 'PostConstruct' && kind !== 'PreDestroy');
  if (decorated)
    throw new DeclarationError(
      `${type.name}.${decorated.name}: @${decorated.kind} is for @ManagedService; a @WebSocketHandlerService implements WebSocketHandler`,
    );
  return { beat: undefined, resume: undefined, verbs: new Map(), ...bindHandler(type, interceptors) };
}

interface Compiled {
  readonly method: MethodMetadata;
  readonly call: (call: Call) => unknown;
  readonly payload: { readonly value: unknown } | undefined;
  readonly target: DeliverTarget | undefined;
  readonly encoders: readonly Encoder[];
  readonly decoders: readonly Decoder[];
}

function compileMethod(method: MethodMetadata, declaration: Declaration, parts: ServiceParts): Compiled {
  const { type, template, parameters, deliverTo, options } = declaration;
  const { broadcaster } = options;
  const where = `${type.name}.${method.name}`;
  checkMethod(where, method);
  const scope = { service: type, variables: template.variables, broadcaster, named: parts.named };
  const { extractors, payload } = compileParameters(method, parameters.get(method.name) ?? new Map(), scope);
  return {
    method,
    call: compileCall(type, method.name, extractors),
    payload: payload && { value: payload.type },
    target: deliverTo.get(method.name),
    encoders: provideAll(`${where}: encoders`, method.options.encoders, encoderPort, parts.provide),
    decoders: provideAll(`${where}: decoders`, method.options.decoders, decoderPort, parts.provide),
  };
}

function eventMethod(
  method: MethodMetadata | undefined,
  compile: (method: MethodMetadata) => Compiled,
): EventMethod | undefined {
  if (!method) return undefined;
  const { call, target, encoders } = compile(method);
  return { run: call, target: target ?? 'RESOURCE', options: { encode: encodeWith(encoders) } };
}

function messageMethod(compiled: Compiled, reader: ReaderParts, interceptors: readonly Interceptor[]): MessageMethod {
  const { method, call, target, encoders } = compiled;
  return compileMessageMethod({ ...reader, name: method.name, encoders, target, interceptors, call });
}

/** What a method reads what the client sent with. */
function readerParts(
  { method, payload, decoders }: Compiled,
  type: Class,
  { unknownKeys }: Config,
  { context: { logger } }: ServiceParts,
): ReaderParts {
  const { kind, name, options } = method;
  return {
    where: `${type.name}.${name}`,
    decorator: `@${kind}`,
    type: payload,
    options,
    decoders,
    dto: { unknownKeys },
    warn: (text) => logger.warn(text),
  };
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
