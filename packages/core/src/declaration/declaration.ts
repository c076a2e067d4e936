import type { ClientRouteMetadata } from '../client-objects/client-route';
import { DeclarationError } from '../errors';
import {
  inheritedMetadata,
  type Class,
  type DeliverTarget,
  type MethodKind,
  type MethodMetadata,
  type ParameterMetadata,
  type Provided,
  type ServiceOptions,
} from './metadata';
import type { StreamMetadata } from '../streams/stream-service';
import type { RoomAuthorizer } from '../rooms/room-authorizer';
import { parseTemplate, type Template } from '../request/template';

/** All that decorators said of a service class and of the classes it extends, put together and checked. */
export interface Declaration {
  readonly type: Class<object>;
  readonly options: ServiceOptions;
  readonly template: Template;
  readonly singleton: boolean;
  /** `@WebSocketHandlerService`. */
  readonly handler: boolean;
  /** `@AtmosphereRoute`. */
  readonly clients: ClientRouteMetadata | undefined;
  /** `@StreamService`. */
  readonly stream: StreamMetadata | undefined;
  /** `@RoomService`. */
  readonly room: { readonly maxHistory: number } | undefined;
  readonly roomAuthorizer: Provided<RoomAuthorizer> | undefined;
  readonly methods: readonly MethodMetadata[];
  readonly deliverTo: ReadonlyMap<string, DeliverTarget>;
  readonly parameters: ReadonlyMap<string, ReadonlyMap<number, ParameterMetadata>>;
  /** Field -> what its decorator asks for. */
  readonly fields: ReadonlyMap<string, ParameterMetadata>;
}

/** Reads a class with `@ManagedService`. Base classes come first; what a subclass says again counts once, at its first place. */
export function declarationOf(type: Class<object>): Declaration {
  const all = inheritedMetadata(type);
  const options = all.findLast((metadata) => metadata.service)?.service;
  if (!options) {
    throw new DeclarationError(
      `${type.name || 'A class'} was given as a service but has no @ManagedService({ path: '...' })`,
    );
  }
  const methods = new Map(
    all.flatMap((metadata) => metadata.methods.map((method) => [`${method.kind} ${method.name}`, method])),
  );
  const declaration: Declaration = {
    type,
    options,
    template: parseTemplate(options.path, type.name),
    singleton: all.some((metadata) => metadata.singleton),
    handler: all.some((metadata) => metadata.handler),
    clients: all.findLast((metadata) => metadata.clients)?.clients,
    stream: all.findLast((metadata) => metadata.stream)?.stream,
    room: all.findLast((metadata) => metadata.room)?.room,
    roomAuthorizer: all.findLast((metadata) => metadata.roomAuthorizer)?.roomAuthorizer,
    methods: [...methods.values()],
    deliverTo: new Map(all.flatMap((metadata) => [...metadata.deliverTo])),
    parameters: new Map(all.flatMap((metadata) => [...metadata.parameters])),
    fields: fieldsOf(type),
  };
  checkDelivered(declaration);
  checkParameters(declaration);
  return declaration;
}

/** The fields of a class that decorators fill, and those of the classes it extends. */
export function fieldsOf(type: Class): ReadonlyMap<string, ParameterMetadata> {
  return new Map(inheritedMetadata(type).flatMap((metadata) => [...metadata.fields]));
}

/** The methods of a kind, in order of declaration. */
export function methodsOf(kind: MethodKind, { methods }: Declaration): MethodMetadata[] {
  return methods.filter((method) => method.kind === kind);
}

/** The one method of a kind that there may be. */
export function methodOf(kind: MethodKind, declaration: Declaration): MethodMetadata | undefined {
  const [first, ...others] = methodsOf(kind, declaration);
  if (first && others.length > 0) {
    const names = [first, ...others].map(({ name }) => name).join(', ');
    throw new DeclarationError(
      `${declaration.type.name} has ${others.length + 1} @${kind} methods (${names}); keep one`,
    );
  }
  return first;
}

/** What methods of these kinds return is delivered; what the others return is an answer, or goes nowhere. */
const delivered: ReadonlySet<MethodKind> = new Set(['Message', 'Ready', 'Disconnect', 'Heartbeat', 'Resume']);

/** What parameters ask for is of no use in a method that nobody fills them for. */
function checkParameters({ type, handler, methods, parameters }: Declaration): void {
  for (const name of parameters.keys()) {
    if (methods.some((method) => method.name === name)) continue;
    throw new DeclarationError(
      handler
        ? `${type.name}.${name}: methods of a @WebSocketHandlerService have no @PathParam and @Named parameters; make them fields`
        : `${type.name}.${name} has @PathParam or @Named parameters but no @Message, @Ready or other decorator that calls it; add one`,
    );
  }
}

const targets: ReadonlySet<unknown> = new Set<DeliverTarget>(['RESOURCE', 'BROADCASTER', 'ALL']);

function checkDelivered({ type, methods, deliverTo }: Declaration): void {
  for (const [name, target] of deliverTo) {
    const kinds = methods.filter((method) => method.name === name).map(({ kind }) => kind);
    if (kinds.length === 0) {
      throw new DeclarationError(
        `${type.name}.${name} has @DeliverTo but no @Message, @Ready or other decorator that calls it; add one`,
      );
    }
    if (!kinds.some((kind) => delivered.has(kind))) {
      throw new DeclarationError(
        `${type.name}.${name} has @DeliverTo, but what @${kinds.join(' and @')} methods return is not delivered; remove it`,
      );
    }
    if (!targets.has(target)) {
      throw new DeclarationError(
        `${type.name}.${name}: @DeliverTo(${JSON.stringify(target)}) is no target; use RESOURCE, BROADCASTER or ALL`,
      );
    }
  }
}
