import 'reflect-metadata';
import { injectable } from 'tsyringe';
import { checkCalled, memberName, methodName } from './decorator-targets';
import { DeclarationError } from '../errors';
import {
  metadataOf,
  type BodyOptions,
  type Class,
  type DeliverTarget,
  type MessageOptions,
  type MethodKind,
  type Role,
  type ParameterMetadata,
  type ServiceOptions,
} from './metadata';

/**
 * Makes a class a service at a path. One instance serves one concrete path: `/chat/{room}` has one per room.
 *
 * @example
 * \@ManagedService({ path: '/chat/{room}' })
 * class Chat { ... }
 */
export function ManagedService(options: ServiceOptions | string) {
  checkCalled('ManagedService', options, `'/chat'`);
  return (service: Class): void => {
    const metadata = metadataOf(service);
    if (metadata.service) throw new DeclarationError(`${service.name} is declared a service twice; keep one decorator`);
    metadata.service = typeof options === 'object' ? options : { path: options };
    injectable()(service);
  };
}

/**
 * Makes a class that implements `WebSocketHandler` a service at a path: raw text and bytes of a WebSocket, without
 * decoding. It shares the broadcaster of its path with all others that are there.
 */
export function WebSocketHandlerService(options: ServiceOptions | string) {
  checkCalled('WebSocketHandlerService', options, `'/chat'`);
  return (service: Class): void => {
    metadataOf(service).handler = true;
    ManagedService(options)(service);
  };
}

/** What a decorator of methods is when it has its attributes. */
type OfMethod = (prototype: object, name: string | symbol) => void;

/** What a decorator of parameters and fields is then. */
type OfPlace = (prototype: object, name: string | symbol | undefined, index?: number) => void;

/**
 * A decorator of methods.
 *
 * @returns a function of attributes. Written without parentheses it is called with what it should be applied to: its type says
 *   nothing of that, so that the compiler refuses it, and those who have no compiler get an error.
 */
function ofMethods<Attributes extends object = Record<never, never>>(
  kind: MethodKind,
): (attributes?: Attributes) => OfMethod {
  return (options: MessageOptions = {}, applied?: unknown) => {
    // A class in the parentheses is a mistake of another kind, which is told with all that is wrong with attributes.
    if (typeof options !== 'function' || applied !== undefined) checkCalled(kind, options, '', applied);
    return (prototype, name) => {
      const known = methodName(kind, prototype, name);
      const { methods } = metadataOf(prototype.constructor);
      if (methods.some((method) => method.kind === kind && method.name === known))
        throw new DeclarationError(`${prototype.constructor.name}.${known} has @${kind} twice; keep one`);
      methods.push({ kind, name: known, options });
    };
  };
}

/** The method runs when a resource is connected: anew on each connection of WebSocket, SSE and streaming, once for a run of polls unless there was a gap. What it returns goes to that resource. */
export const Ready = ofMethods<Pick<MessageOptions, 'encoders'>>('Ready');

/** The method runs for each message that it accepts. What it returns goes to everyone on the same path; see `@DeliverTo`. */
export const Message = ofMethods<MessageOptions>('Message');

/** The method runs once when a resource is gone for good: it closed, was closed, or did not come back in time. */
export const Disconnect = ofMethods('Disconnect');

/** The method runs when a resource sent its heartbeat. */
export const Heartbeat = ofMethods('Heartbeat');

/** The method runs when a resource was resumed: by `resource.resume()`, or because its time was over. */
export const Resume = ofMethods('Resume');

/** The method runs for each GET of the path: those that connect, before they do, and others, which get what it returns as their answer. */
export const Get = ofMethods('Get');

/** The method runs for each POST, before the message in it is handled. A parameter of it may be the body, decoded as in `@Put`. */
export const Post = ofMethods<BodyOptions>('Post');

/**
 * The method answers PUT: what it returns is the body of the answer, text as it is and all else as JSON. A parameter may be
 * the body of the request, decoded by its type as a message is.
 */
export const Put = ofMethods<BodyOptions>('Put');

/** The method answers DELETE as one with `@Put` answers PUT. */
export const Delete = ofMethods<BodyOptions>('Delete');

/**
 * The method runs when an instance is there, before its first client, and may be asynchronous: another name for `onInit`
 * (`ServiceLifeCycle`).
 */
export const PostConstruct = ofMethods('PostConstruct');

/** The method runs when an instance is needed no more: another name for `onDestroy` (`ServiceLifeCycle`). */
export const PreDestroy = ofMethods('PreDestroy');

/** One instance serves all concrete paths of the service, instead of one each. */
export function Singleton(none: Record<never, never> = {}) {
  checkCalled('Singleton', none);
  return (service: Class): void => {
    metadataOf(service).singleton = true;
  };
}

/** Registers the class as an interceptor of all services. */
export function AtmosphereInterceptorService(none: Record<never, never> = {}) {
  checkCalled('AtmosphereInterceptorService', none);
  return role('interceptor');
}

/** Registers the class as a filter of all broadcasters. */
export function BroadcasterFilterService(none: Record<never, never> = {}) {
  checkCalled('BroadcasterFilterService', none);
  return role('broadcast-filter');
}

/** Registers the class as a listener of all broadcasters. */
export function BroadcasterListenerService(none: Record<never, never> = {}) {
  checkCalled('BroadcasterListenerService', none);
  return role('broadcaster-listener');
}

/** Registers the class as an inspector of all logs: it says which messages are remembered. */
export function BroadcasterCacheInspectorService(none: Record<never, never> = {}) {
  checkCalled('BroadcasterCacheInspectorService', none);
  return role('cache-inspector');
}

/** Registers the class as a listener of all resources; it is constructed once. */
export function AtmosphereResourceListenerService(none: Record<never, never> = {}) {
  checkCalled('AtmosphereResourceListenerService', none);
  return role('resource-listener');
}

/** The method is told of every failure in this service, before the application is. */
export const OnError = ofMethods('OnError');

/** Who gets what the method returns: the `RESOURCE` itself, all of its `BROADCASTER`, or `ALL` resources of the application. */
export function DeliverTo(target: DeliverTarget): OfMethod;
export function DeliverTo(target: DeliverTarget, applied?: unknown): OfMethod {
  checkCalled('DeliverTo', target, `'RESOURCE'`, applied);
  return (prototype: object, name: string | symbol): void => {
    const known = methodName('DeliverTo', prototype, name);
    metadataOf(prototype.constructor).deliverTo.set(known, target);
  };
}

/**
 * The parameter, or the field, gets a variable of the service's path, percent-decoded. A field is filled when the instance
 * has been constructed.
 *
 * @param variable default: the name of the field. A parameter must name it.
 */
export function PathParam(variable?: string): OfPlace;
export function PathParam(variable?: string, applied?: unknown): OfPlace {
  checkCalled('PathParam', variable, '', applied);
  return (prototype, name, index): void => {
    if (typeof index === 'number') {
      if (variable === undefined)
        throw new DeclarationError(
          `${prototype.constructor.name}.${String(name)}: @PathParam on a parameter must name the variable, such as @PathParam('room')`,
        );
      return parameter({ pathParam: variable })(prototype, name, index);
    }
    const field = memberName(prototype, name ?? '');
    metadataOf(prototype.constructor).fields.set(field, { pathParam: variable ?? field });
  };
}

/**
 * The parameter, or the field, gets the broadcaster of that name instead of the one of its own path. A field is filled when
 * the instance has been constructed.
 *
 * @param broadcaster may have variables of the service's path in it: `/private/{room}`
 */
export function Named(broadcaster: string): OfPlace;
export function Named(broadcaster: string, applied?: unknown): OfPlace {
  checkCalled('Named', broadcaster, `'/news'`, applied);
  return (prototype, name, index): void => {
    const asked = { named: broadcaster };
    if (typeof index === 'number') return parameter(asked)(prototype, name, index);
    const field = memberName(prototype, name ?? '');
    metadataOf(prototype.constructor).fields.set(field, asked);
  };
}

function role(of: Role) {
  return (type: Class): void => {
    const metadata = metadataOf(type);
    if (metadata.role !== undefined && metadata.role !== of)
      throw new DeclarationError(`${type.name} is registered as ${metadata.role} and as ${of}; make two classes of it`);
    metadata.role = of;
    injectable()(type);
  };
}

function parameter(asked: { pathParam: string } | { named: string }) {
  return (prototype: object, name: string | symbol | undefined, index: number): void => {
    if (name === undefined) {
      throw new DeclarationError(
        `${(prototype as Class).name}: @PathParam and @Named belong on parameters of methods, not of the constructor`,
      );
    }
    const key = memberName(prototype, name);
    const { parameters } = metadataOf(prototype.constructor);
    let ofMethod = parameters.get(key);
    if (!ofMethod) parameters.set(key, (ofMethod = new Map<number, ParameterMetadata>()));
    ofMethod.set(index, asked);
  };
}
