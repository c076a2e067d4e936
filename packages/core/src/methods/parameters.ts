import { Broadcaster, type BroadcasterClass } from '../broadcaster/broadcaster';
import { compileNamed } from '../broadcaster/broadcaster-name';
import type { Call } from './call';
import { DeclarationError, Failure } from '../errors';
import type { Class, MethodKind, MethodMetadata, ParameterMetadata } from '../declaration/metadata';
import { Request } from '../request/request';
import { Resource } from '../resource/resource';
import { ResourceEvent } from '../resource/resource-event';

/** Fills one parameter of a method. */
export type Extractor = (call: Call) => unknown;

/** Where the message goes in a method's parameters, and what class it has. */
export interface PayloadParameter {
  readonly index: number;
  /** Run-time type of the parameter, as the compiler wrote it down. */
  readonly type: unknown;
}

/** What a service knows when its parameters are compiled. */
export interface ParameterScope {
  readonly service: Class;
  /** Variables of the service's path template. */
  readonly variables: readonly string[];
  /** Class of the service's broadcasters. Default: `Broadcaster`. */
  readonly broadcaster: BroadcasterClass | undefined;
  /** Throws when the broadcaster of that name is of another class. */
  readonly named: (id: string, type: BroadcasterClass) => Broadcaster;
}

/** What can be had by its type alone, and in which methods if not in all. */
const byType = new Map<unknown, { readonly extract: Extractor; readonly only?: readonly MethodKind[] }>([
  [Resource, { extract: (call) => call.resource }],
  [ResourceEvent, { extract: (call) => call.event, only: ['Ready', 'Disconnect', 'Heartbeat', 'Resume'] }],
  [Broadcaster, { extract: (call) => call.endpoint.broadcaster }],
  [Request, { extract: (call) => call.resource.request }],
  [Failure, { extract: (call) => call.failure, only: ['OnError'] }],
  [Error, { extract: ({ failure }) => (failure?.cause instanceof Error ? failure.cause : failure), only: ['OnError'] }],
]);

/** The methods that have a parameter for what the client sent. A GET has no body. */
const readsPayload: ReadonlySet<MethodKind> = new Set(['Message', 'Post', 'Put', 'Delete']);

/** Decides, once, how each parameter of a method is filled. */
export function compileParameters(
  method: MethodMetadata,
  asked: ReadonlyMap<number, ParameterMetadata>,
  scope: ParameterScope,
): { extractors: Extractor[]; payload: PayloadParameter | undefined } {
  const { service } = scope;
  const where = `${service.name}.${method.name}`;
  const types = Reflect.getMetadata('design:paramtypes', service.prototype as object, method.name) as
    unknown[] | undefined;
  if (!types) {
    throw new DeclarationError(
      `${where}: the types of its parameters are not known at run time. Set "experimentalDecorators" and "emitDecoratorMetadata" to true in tsconfig.json, and compile with tsc, or with swc and "decoratorMetadata": esbuild, and so tsx, write no types down`,
    );
  }
  let payload: PayloadParameter | undefined;
  const extractors = types.map((type, index): Extractor => {
    const special =
      fromDecorator(asked.get(index), where, index, type, scope) ??
      fromType(method.kind, type) ??
      fromSubclass(where, index, type, scope);
    if (special) return special;
    if (!readsPayload.has(method.kind) || byType.has(type)) {
      throw new DeclarationError(
        `${where}: parameter ${index + 1} (${typeName(type)}) can't be filled. @${method.kind} methods take ${injectable(method.kind)}, and @PathParam parameters${erased(type)}`,
      );
    }
    if (payload)
      throw new DeclarationError(
        `${where}: parameters ${payload.index + 1} and ${index + 1} both want the ${method.kind === 'Message' ? 'message' : 'body'}; keep one`,
      );
    payload = { index, type };
    return (call) => call.value;
  });
  return { extractors, payload };
}

function fromDecorator(
  asked: ParameterMetadata | undefined,
  where: string,
  index: number,
  type: unknown,
  scope: ParameterScope,
): Extractor | undefined {
  const { pathParam, named } = asked ?? {};
  if (pathParam !== undefined) {
    if (!scope.variables.includes(pathParam)) {
      const known = scope.variables.length
        ? `its path has ${scope.variables.map((name) => `{${name}}`).join(', ')}`
        : 'its path has no variables';
      throw new DeclarationError(`${where}: @PathParam('${pathParam}') names no variable of the path; ${known}`);
    }
    if (type !== String)
      throw new DeclarationError(`${where}: parameter ${index + 1} has @PathParam and must be a string`);
    return (call) => call.endpoint.params.get(pathParam);
  }
  if (!asked || !('named' in asked)) return undefined;
  if (!isBroadcasterClass(type))
    throw new DeclarationError(`${where}: parameter ${index + 1} has @Named and must be a Broadcaster`);
  const at = compileNamed(named ?? '', type, `${where}: parameter ${index + 1}`, scope);
  return ({ endpoint }) => at(endpoint.params);
}

/** A parameter may ask for the class that the service's broadcasters are of. */
function fromSubclass(where: string, index: number, type: unknown, scope: ParameterScope): Extractor | undefined {
  if (!isBroadcasterClass(type)) return undefined;
  const { broadcaster = Broadcaster } = scope;
  if (broadcaster !== type && !(broadcaster.prototype instanceof type)) {
    throw new DeclarationError(
      `${where}: parameter ${index + 1} asks for ${type.name}, which the broadcasters of ${scope.service.name} are not; add broadcaster: ${type.name} to its options`,
    );
  }
  return (call) => call.endpoint.broadcaster;
}

/** Whether a run-time type is `Broadcaster`, or a class that extends it. */
export function isBroadcasterClass(type: unknown): type is BroadcasterClass {
  return type === Broadcaster || (typeof type === 'function' && type.prototype instanceof Broadcaster);
}

/** A function that calls the method with its parameters filled. */
export function compileCall(service: Class, name: string, extractors: readonly Extractor[]): (call: Call) => unknown {
  const method = (service.prototype as Record<string, (...args: unknown[]) => unknown>)[name];
  if (!method) throw new DeclarationError(`${service.name}.${name} is decorated but is no method`);
  const [first, second] = extractors;
  // Calls with up to two parameters, nearly all, need no array of arguments.
  if (!first) return (call) => method.call(call.endpoint.instance);
  if (!second) return (call) => method.call(call.endpoint.instance, first(call));
  if (extractors.length === 2) return (call) => method.call(call.endpoint.instance, first(call), second(call));
  return (call) =>
    method.apply(
      call.endpoint.instance,
      extractors.map((extract) => extract(call)),
    );
}

function fromType(kind: MethodKind, type: unknown): Extractor | undefined {
  const known = byType.get(type);
  return known && (known.only?.includes(kind) ?? true) ? known.extract : undefined;
}

function injectable(kind: MethodKind): string {
  return [...byType.keys()]
    .filter((type) => fromType(kind, type))
    .map(typeName)
    .join(', ');
}

/** What to do about a type that the compiler has not written down, such as one that was imported with "import type". */
function erased(type: unknown): string {
  return type === undefined || type === Object || type === Function
    ? '. A class among them must be imported with "import" and not with "import type"'
    : '';
}

/** Name of a run-time type, for messages. */
export function typeName(type: unknown): string {
  return typeof type === 'function' ? type.name : String(type);
}
