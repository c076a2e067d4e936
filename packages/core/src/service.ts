import type { Payload } from '@ionosphere/protocol';
import { compileMessageMethod, chooser, type Chosen, type MessageMethod } from './message-method';
import type { Broadcaster } from './broadcaster';
import { encodeWith, type Decoder, type Encoder } from './codec';
import type { Config } from './config';
import { DeclarationError } from './errors';
import type { Filter } from './filter';
import type { Framing, Framings } from './framing';
import { inOrder, fold, type Interceptor, type Next } from './interceptor';
import {
  inheritedMetadata,
  type Class,
  type ClassMetadata,
  type DeliverTarget,
  type MethodKind,
  type MethodMetadata,
  type ParameterMetadata,
  type Provided,
} from './metadata';
import { compileCall, compileParameters } from './parameters';
import { parseTemplate, type Template } from './template';
import type { Request } from './request';
import type { Resource } from './resource';
import type { Connection } from './transport';

/** What a service is bound with. */
export interface ServiceParts {
  readonly config: Config;
  readonly framings: Framings;
  /** The app's interceptors; the service's own come after them. */
  readonly interceptors: readonly Interceptor[];
  /** Gives the object itself, or the one that the container makes of a class. */
  readonly provide: <T>(provided: Provided<T>) => T;
  readonly named: (id: string) => Broadcaster;
}

/** A method that is called for an event. */
type EventMethod = Pick<MessageMethod, 'run' | 'target' | 'encode'>;

/** A decorated class, compiled. Reflection happened in `bind` and never again. */
export interface Service {
  readonly name: string;
  readonly type: Class<object>;
  readonly template: Template;
  readonly filters: readonly Filter[];
  readonly ready: EventMethod | undefined;
  readonly disconnect: EventMethod | undefined;
  readonly heartbeat: EventMethod | undefined;
  readonly onError: EventMethod | undefined;
  /** Finds the method for a payload and decodes it. */
  readonly choose: (payload: Payload) => Chosen;
  /** Runs the interceptors around a connect. */
  readonly connect: (last: Next<Request, Resource>) => Next<Request, Resource>;
  /** Framing of one connection. */
  readonly framing: (connection: Connection) => Framing;
}

interface Declared {
  readonly type: Class<object>;
  readonly methods: readonly MethodMetadata[];
  readonly deliverTo: ReadonlyMap<string, DeliverTarget>;
  readonly parameters: ReadonlyMap<string, ReadonlyMap<number, ParameterMetadata>>;
}

/** Compiles a class with `@ManagedService`. Throws a `DeclarationError` that names class, method and mend. */
export function bind(type: Class<object>, parts: ServiceParts): Service {
  const all = inheritedMetadata(type);
  const options = all.findLast((metadata) => metadata.service)?.service;
  if (!options)
    throw new DeclarationError(
      `${type.name || 'A class'} was given as a service but has no @ManagedService({ path: '...' })`,
    );
  const template = parseTemplate(options.path, type.name);
  const declared = declaredBy(type, all);
  checkDelivered(declared);
  const interceptors = inOrder([...parts.interceptors, ...(options.interceptors ?? []).map(parts.provide)]);
  const compile = (method: MethodMetadata): Compiled => compileMethod(method, declared, template, parts);
  const event = (kind: MethodKind): EventMethod | undefined => {
    const compiled = onlyOne(kind, declared).map(compile)[0];
    return (
      compiled && { run: compiled.call, target: compiled.target ?? 'RESOURCE', encode: encodeWith(compiled.encoders) }
    );
  };
  const messages = methodsOf('Message', declared).map((method) =>
    messageMethod(compile(method), type, interceptors, parts),
  );
  const layers = interceptors.flatMap((interceptor) =>
    interceptor.framing ? [interceptor.framing.bind(interceptor)] : [],
  );
  const connects = interceptors.flatMap((interceptor) =>
    interceptor.connect ? [interceptor.connect.bind(interceptor)] : [],
  );
  return {
    name: type.name,
    type,
    template,
    filters: options.broadcastFilters ?? [],
    ready: event('Ready'),
    disconnect: event('Disconnect'),
    heartbeat: event('Heartbeat'),
    onError: event('OnError'),
    choose: chooser(type.name, messages),
    connect: (last) => fold(connects, last),
    framing: ({ transport, request }) =>
      parts.framings.of(
        transport,
        layers.map((layer) => layer(request)).filter((layer) => layer !== undefined),
      ),
  };
}

/** Base classes first; a method that a subclass declares again counts once, at its first place. */
function declaredBy(type: Class<object>, all: readonly ClassMetadata[]): Declared {
  const methods = new Map(
    all.flatMap((metadata) => metadata.methods.map((method) => [`${method.kind} ${method.name}`, method])),
  );
  return {
    type,
    methods: [...methods.values()],
    deliverTo: new Map(all.flatMap((metadata) => [...metadata.deliverTo])),
    parameters: new Map(all.flatMap((metadata) => [...metadata.parameters])),
  };
}

const targets: ReadonlySet<unknown> = new Set<DeliverTarget>(['RESOURCE', 'BROADCASTER', 'ALL']);

function checkDelivered({ type, methods, deliverTo }: Declared): void {
  for (const [name, target] of deliverTo) {
    if (!methods.some((method) => method.name === name))
      throw new DeclarationError(
        `${type.name}.${name} has @DeliverTo but no @Message, @Ready or other decorator that calls it; add one`,
      );
    if (!targets.has(target))
      throw new DeclarationError(
        `${type.name}.${name}: @DeliverTo(${JSON.stringify(target)}) is no target; use RESOURCE, BROADCASTER or ALL`,
      );
  }
}

function methodsOf(kind: MethodKind, declared: Declared): MethodMetadata[] {
  return declared.methods.filter((method) => method.kind === kind);
}

function onlyOne(kind: MethodKind, declared: Declared): MethodMetadata[] {
  const methods = methodsOf(kind, declared);
  if (methods.length > 1) {
    throw new DeclarationError(
      `${declared.type.name} has ${methods.length} @${kind} methods (${methods.map(({ name }) => name).join(', ')}); keep one`,
    );
  }
  return methods;
}

interface Compiled {
  readonly method: MethodMetadata;
  readonly call: ReturnType<typeof compileCall>;
  readonly payload: { readonly value: unknown } | undefined;
  readonly target: DeliverTarget | undefined;
  readonly encoders: readonly Encoder[];
  readonly decoders: readonly Decoder[];
}

function compileMethod(method: MethodMetadata, declared: Declared, template: Template, parts: ServiceParts): Compiled {
  const asked = declared.parameters.get(method.name) ?? new Map<number, ParameterMetadata>();
  const scope = { service: declared.type, variables: template.variables, named: parts.named };
  const { extractors, payload } = compileParameters(method, asked, scope);
  return {
    method,
    call: compileCall(declared.type, method.name, extractors),
    payload: payload && { value: payload.type },
    target: declared.deliverTo.get(method.name),
    encoders: (method.options.encoders ?? []).map(parts.provide),
    decoders: (method.options.decoders ?? []).map(parts.provide),
  };
}

function messageMethod(
  compiled: Compiled,
  type: Class,
  interceptors: readonly Interceptor[],
  parts: ServiceParts,
): MessageMethod {
  const { method, call, payload, target, encoders, decoders } = compiled;
  const where = `${type.name}.${method.name}`;
  return compileMessageMethod({
    where,
    name: method.name,
    type: payload,
    decoders,
    encoders,
    target,
    interceptors,
    call,
    dto: { unknownKeys: parts.config.unknownKeys },
  });
}
