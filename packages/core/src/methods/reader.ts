import { bytesOf, textOf, type Decoder } from '../codec/codec';
import { decodeWith } from './decoding';
import type { DtoOptions, DtoPlan } from '../dto/dto';
import { planOf } from '../dto/planner';
import { DtoProblems, type DtoProblem } from '../dto/problems';
import { DeclarationError, Failure } from '../errors';
import type { Incoming } from './incoming';
import type { LogFields } from '../logger';
import type { MessageOptions } from '../declaration/metadata';
import { typeName } from './parameters';
import type { Scope } from './reachable';
import { isPromise, type MaybePromise } from '../time/settle';
import { issuePath, type SchemaResult, type StandardSchema } from '../dto/standard-schema';

/** Says that a message is for another method: its `type`, or `when`, is not this one's. */
export const NOT_MINE = Symbol('not mine');

/** Gives the decoded value, a `Failure` that says what is wrong with it, or `NOT_MINE`. Does not throw. */
export type Reader = (incoming: Incoming) => MaybePromise<unknown>;

/** How a method reads its message. */
export interface Reading {
  /** What it takes: text, bytes, or whichever comes. */
  readonly takes: 'text' | 'bytes' | 'any';
  /** Whether it refuses nothing, so that a method after it is never reached. */
  readonly greedy: boolean;
  /** Whether `type` or `when` decide: then what is wrong with a message that is the method's own is not passed on. */
  readonly selective: boolean;
  /** The `type` of the messages that it takes, if it says one, and whether it takes all of those. */
  readonly type?: { readonly name: string; readonly all: boolean } | undefined;
  /** Among which values its own are; undefined where only its code knows. */
  readonly scope?: Scope | undefined;
  readonly read: Reader;
}

/** What a reader is compiled from. */
export interface ReaderParts {
  /** Class and method, for what is said at the start. */
  readonly where: string;
  /** Of the method, for what is said at the start. */
  readonly decorator: string;
  /** Type of the payload parameter; undefined when there is no such parameter. */
  readonly type: { readonly value: unknown } | undefined;
  readonly decoders: readonly Decoder[];
  readonly options: Pick<MessageOptions, 'type' | 'when' | 'schema' | 'items'>;
  readonly dto: DtoOptions;
  /** Told of what is most likely not meant: at the start, and once of each decoder that throws. */
  readonly warn: (text: string, fields?: LogFields) => void;
}

/** Decides, once, how a method reads its message. */
export function compileReader(parts: ReaderParts): Reading {
  const { type, when } = parts.options;
  const base = baseReading(parts);
  if (type === undefined && !when) return { ...base, selective: false };
  if (type !== undefined && noObjects.has(parts.type?.value))
    throw new DeclarationError(
      `${parts.where}: type takes JSON objects, and the message is ${typeName(parts.type?.value)}; take another class, or remove it`,
    );
  const isMine = selector(parts);
  const read: Reader = (incoming) => {
    const mine = isMine(incoming);
    return mine === true ? base.read(incoming) : mine;
  };
  return {
    takes: base.takes,
    greedy: false,
    selective: true,
    type: type === undefined ? undefined : { name: type, all: !when && parts.decoders.length === 0 },
    scope: base.scope,
    read,
  };
}

/** Types of messages that no JSON object is. */
const noObjects: ReadonlySet<unknown> = new Set([Number, Boolean, Array]);

/** The part of a reading that type, decoders and schema decide. */
function baseReading(parts: ReaderParts): Omit<Reading, 'selective' | 'type'> {
  const { decoders, options, type, where, decorator } = parts;
  if (options.items && (type?.value !== Array || options.schema || decoders.length > 0))
    throw new DeclarationError(
      `${where}: ${decorator}({ items }) is for a parameter that is an array, without a schema and decoders; remove it`,
    );
  if (options.schema && decoders.length > 0)
    throw new DeclarationError(`${where} has a schema and decoders; keep one of them`);
  if (options.schema)
    return {
      takes: type?.value === Buffer || type?.value === Uint8Array ? 'bytes' : 'text',
      greedy: false,
      scope: { form: `schema of ${rawForm(type?.value)}`, kind: options.schema, whole: false },
      read: readSchema(options.schema, rawOf(type?.value)),
    };
  if (decoders.length > 0)
    return { takes: 'any', greedy: decoders.some((decoder) => !decoder.accepts), read: readWith(parts) };
  if (!type) return { takes: 'any', greedy: true, read: ({ payload }) => payload };
  switch (type.value) {
    case String:
    case Buffer:
    case Uint8Array:
      return { takes: type.value === String ? 'text' : 'bytes', greedy: true, read: guarded(rawOf(type.value)) };
    case Number:
    case Boolean:
      return { ...json, scope: { form: 'value', kind: type.value, whole: false }, read: readJson(hasType(type.value)) };
    case Array: {
      const { items } = options;
      return { ...json, scope: { form: 'array', kind: items, whole: items === Object }, read: readArray(parts) };
    }
    default:
      if (!isOwnClass(type.value)) throw new DeclarationError(undecodable(where, type.value));
      return { ...json, ...readDto(type.value, parts) };
  }
}

const json = { takes: 'text', greedy: false } as const;

/** Whether a run-time type is a class of the application: not erased, and not one of the language's, which JSON does not make. */
function isOwnClass(type: unknown): type is new () => object {
  return typeof type === 'function' && !/\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(type));
}

function undecodable(where: string, type: unknown): string {
  return (
    `${where}: the type of its message is ${typeName(type)} at run time, so it can't be decoded. ` +
    'Use a class, imported with "import" and not with "import type", or name a decoder or a schema: @Message({ decoders: [...] })'
  );
}

/** What a predicate or a schema sees of a payload, by the type of the parameter. */
function rawOf(type: unknown): (incoming: Incoming) => unknown {
  if (type === String) return ({ payload }) => textOf(payload);
  if (type === Buffer || type === Uint8Array) return ({ payload }) => asBuffer(bytesOf(payload));
  return ({ json }) => {
    if (json instanceof Failure) throw json;
    return json;
  };
}

function rawForm(type: unknown): 'text' | 'bytes' | 'JSON' {
  return type === String ? 'text' : type === Buffer || type === Uint8Array ? 'bytes' : 'JSON';
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether `type` and `when` say that a message is the method's. A payload that is not even readable is nobody's in particular. */
function selector({ options, type }: ReaderParts): (incoming: Incoming) => unknown {
  const raw = rawOf(type?.value);
  const when = options.when as ((message: unknown) => boolean) | undefined;
  return guarded((incoming) => {
    if (options.type !== undefined && typeOf(rawJson(incoming)) !== options.type) return NOT_MINE;
    return !when || when(raw(incoming)) ? true : NOT_MINE;
  });
}

const rawJson = rawOf(undefined);

function typeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'type')
    ? (value as { type: unknown }).type
    : undefined;
}

/** A reader out of code that throws: a thrown value is why the payload is refused. */
function guarded(read: (incoming: Incoming) => unknown): (incoming: Incoming) => unknown {
  return (incoming) => {
    try {
      return read(incoming);
    } catch (cause) {
      return cause instanceof Failure ? cause : new Failure('malformed-message', undefined, { cause });
    }
  };
}

function readWith(parts: ReaderParts): Reader {
  const decode = decodeWith(parts);
  return guarded(({ payload }) => decode(payload));
}

function readJson(check: (value: unknown) => Failure | undefined): Reader {
  return ({ json }) => (json instanceof Failure ? json : (check(json) ?? json));
}

function hasType(type: unknown): (value: unknown) => Failure | undefined {
  const name = typeName(type).toLowerCase();
  return (value) =>
    typeof value === name ? undefined : new Failure('invalid-message', `The message is not a JSON ${name}.`);
}

/** What is wrong with one item of an array, or the item as the method gets it. */
type ItemReader = (item: unknown) => unknown;

function readArray(parts: ReaderParts): Reader {
  const read = itemReader(parts);
  return ({ json }) => {
    if (json instanceof Failure) return json;
    if (!Array.isArray(json)) return new Failure('invalid-message', 'The message is not a JSON array.');
    return read ? readItems(json, read) : json;
  };
}

/** How many problems of one message its sender is told of. */
const MAX_PROBLEMS = 100;

function readItems(items: readonly unknown[], read: ItemReader): unknown {
  const details: DtoProblem[] = [];
  const all: unknown[] = [];
  for (const [index, item] of items.entries()) {
    const value = read(item);
    if (value instanceof DtoProblems)
      for (const { property, ...problem } of value.problems)
        details.push({ property: property === '' ? String(index) : `${index}.${property}`, ...problem });
    else all.push(value);
    if (details.length >= MAX_PROBLEMS) break;
  }
  if (details.length === 0) return all;
  return new Failure('invalid-message', undefined, { details: details.slice(0, MAX_PROBLEMS) });
}

/** The compiler writes down `Array` and not of what, so the method must say; undefined lets every item in. */
function itemReader(parts: ReaderParts): ItemReader | undefined {
  const { where, decorator, options } = parts;
  const { items } = options;
  if (items === Object) return undefined;
  if (items === String || items === Number || items === Boolean) {
    const name = items.name.toLowerCase();
    const problem = { property: '', rule: 'type', message: `must be a ${name}` };
    return (item) => (typeof item === name ? item : new DtoProblems([problem]));
  }
  if (isOwnClass(items)) {
    const plan = planFor(items, parts);
    return (item) => plan.read(item);
  }
  throw new DeclarationError(
    items === undefined
      ? `${where} takes an array, but of what is not known at run time. Say it: ${decorator}({ items: Line }), with a class, String, Number or Boolean; Object lets all JSON in`
      : `${where}: items is ${typeName(items)}; it must be a class of yours, String, Number, Boolean or Object`,
  );
}

function planFor(dto: new () => object, { where, dto: options, warn }: ReaderParts): DtoPlan<object> {
  const plan = planOf(dto, options);
  if (!plan.validated)
    warn(
      `${where} takes ${dto.name}, which has no decorator of class-validator: whatever comes is let in. Decorate its properties, or give a schema`,
    );
  return plan;
}

function readDto(dto: new () => object, parts: ReaderParts): Pick<Reading, 'scope' | 'read'> {
  const plan = planFor(dto, parts);
  const { type } = parts.options;
  // The libraries may refuse even what has no validation: a transformation may throw.
  const whole = plan.compiled && !plan.validated;
  // A class need not repeat the property that chose the method.
  const dropsType = type !== undefined && plan.validated && !plan.declares('type');
  const read: Reader = ({ json }) => {
    if (json instanceof Failure) return json;
    const value = plan.read(dropsType ? withoutType(json) : json);
    return value instanceof DtoProblems
      ? new Failure('invalid-message', `The message is not a valid ${dto.name}.`, {
          details: value.problems,
          cause: value.cause,
        })
      : value;
  };
  return { scope: { form: 'object', kind: dto, whole }, read };
}

function withoutType(value: unknown): unknown {
  const { type: _type, ...rest } = value as Record<string, unknown>;
  return rest;
}

function readSchema(schema: StandardSchema, raw: (incoming: Incoming) => unknown): Reader {
  const outcome = (result: SchemaResult<unknown>): unknown =>
    result.issues
      ? new Failure('invalid-message', undefined, {
          details: result.issues.map((issue) => ({
            property: issuePath(issue),
            rule: 'schema',
            message: issue.message,
          })),
        })
      : result.value;
  return guarded((incoming) => {
    const result = schema['~standard'].validate(raw(incoming));
    return isPromise(result)
      ? result.then(outcome, (cause: unknown) => new Failure('malformed-message', undefined, { cause }))
      : outcome(result);
  });
}
