import 'reflect-metadata';
import { injectable } from 'tsyringe';
import { DeclarationError } from './errors';
import {
  metadataOf,
  type Class,
  type DeliverTarget,
  type MessageOptions,
  type MethodKind,
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
  return (service: Class): void => {
    metadataOf(service).service = typeof options === 'string' ? { path: options } : options;
    injectable()(service);
  };
}

/** The method runs when a resource is connected: anew on each connection of WebSocket, SSE and streaming, once for a run of polls unless there was a gap. What it returns goes to that resource. */
export function Ready(options: Pick<MessageOptions, 'encoders'> = {}) {
  return method('Ready', options);
}

/** The method runs for each message that it accepts. What it returns goes to everyone on the same path; see `@DeliverTo`. */
export function Message(options: MessageOptions = {}) {
  return method('Message', options);
}

/** The method runs once when a resource is gone for good: it closed, was closed, or did not come back in time. */
export function Disconnect() {
  return method('Disconnect');
}

/** The method runs when a resource sent its heartbeat. */
export function Heartbeat() {
  return method('Heartbeat');
}

/** The method is told of every failure in this service, before the application is. */
export function OnError() {
  return method('OnError');
}

/** Who gets what the method returns: the `RESOURCE` itself, all of its `BROADCASTER`, or `ALL` resources of the application. */
export function DeliverTo(target: DeliverTarget) {
  return (prototype: object, name: string | symbol): void => {
    metadataOf(prototype.constructor).deliverTo.set(methodName(prototype, name), target);
  };
}

/** The parameter gets a variable of the service's path, percent-decoded. */
export function PathParam(variable: string) {
  return parameter({ pathParam: variable });
}

/** The `Broadcaster` parameter gets the broadcaster of that name instead of the one of its own path. */
export function Named(broadcaster: string) {
  return parameter({ named: broadcaster });
}

function method(kind: MethodKind, options: MessageOptions = {}) {
  return (prototype: object, name: string | symbol): void => {
    metadataOf(prototype.constructor).methods.push({ kind, name: methodName(prototype, name), options });
  };
}

function parameter(asked: { pathParam: string } | { named: string }) {
  return (prototype: object, name: string | symbol | undefined, index: number): void => {
    if (name === undefined) {
      throw new DeclarationError(
        `${(prototype as Class).name}: @PathParam and @Named belong on parameters of methods, not of the constructor`,
      );
    }
    const { parameters } = metadataOf(prototype.constructor);
    const key = methodName(prototype, name);
    let ofMethod = parameters.get(key);
    if (!ofMethod) parameters.set(key, (ofMethod = new Map<number, ParameterMetadata>()));
    ofMethod.set(index, asked);
  };
}

function methodName(prototype: object, name: string | symbol): string {
  if (typeof prototype === 'function') {
    throw new DeclarationError(
      `${(prototype as Class).name}.${String(name)} is static; a service's methods belong to its instances`,
    );
  }
  if (typeof name === 'symbol') {
    throw new DeclarationError(
      `${prototype.constructor.name}[${String(name)}] is named by a symbol; give the method a plain name`,
    );
  }
  return name;
}
