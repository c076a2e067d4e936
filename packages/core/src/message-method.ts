import type { FailureDetail, Payload } from '@ionosphere/protocol';
import type { Call } from './call';
import { bytesOf, encodeWith, jsonOf, textOf, type Decoder, type Encoder } from './codec';
import { DtoProblems, planDto, type DtoOptions } from './dto/dto';
import { DeclarationError, Failure } from './errors';
import { fold, type Interceptor, type Next } from './interceptor';
import type { DeliverTarget } from './metadata';
import { typeName } from './parameters';

/** A payload on its way to a method; its JSON is parsed at most once, whatever number of methods looks at it. */
export interface Incoming {
  readonly payload: Payload;
  json?: { readonly value: unknown } | { readonly failure: Failure };
}

/** Gives the decoded value, or why this method does not take the payload. Never throws. */
export type Reader = (incoming: Incoming) => unknown;

/** One `@Message` method, compiled. */
export interface MessageMethod {
  readonly name: string;
  /** What it takes: text, bytes, or whichever comes. */
  readonly takes: 'text' | 'bytes' | 'any';
  /** Whether it refuses nothing, so that a method after it is never reached. */
  readonly greedy: boolean;
  readonly read: Reader;
  readonly run: Next<Call, unknown>;
  readonly target: DeliverTarget;
  readonly encode: (value: unknown) => Payload;
}

/** What a method is compiled from. */
export interface MessageMethodParts {
  readonly where: string;
  readonly name: string;
  /** Type of the payload parameter; undefined when there is no such parameter. */
  readonly type: { readonly value: unknown } | undefined;
  readonly decoders: readonly Decoder[];
  readonly encoders: readonly Encoder[];
  readonly target: DeliverTarget | undefined;
  readonly interceptors: readonly Interceptor[];
  readonly call: (call: Call) => unknown;
  readonly dto: DtoOptions;
}

export function compileMessageMethod(parts: MessageMethodParts): MessageMethod {
  const stages = parts.interceptors.flatMap((interceptor) =>
    interceptor.inbound ? [interceptor.inbound.bind(interceptor)] : [],
  );
  return {
    name: parts.name,
    ...reading(parts),
    run: fold(stages, parts.call),
    target: parts.target ?? 'BROADCASTER',
    encode: encodeWith(parts.encoders),
  };
}

function reading({ where, type, decoders, dto }: MessageMethodParts): Pick<MessageMethod, 'takes' | 'greedy' | 'read'> {
  if (decoders.length > 0)
    return { takes: 'any', greedy: decoders.some((decoder) => !decoder.accepts), read: readWith(decoders) };
  if (!type) return { takes: 'any', greedy: true, read: ({ payload }) => payload };
  switch (type.value) {
    case String:
      return { takes: 'text', greedy: true, read: guarded(({ payload }) => textOf(payload)) };
    case Buffer:
    case Uint8Array:
      return { takes: 'bytes', greedy: true, read: ({ payload }) => asBuffer(bytesOf(payload)) };
    case Number:
    case Boolean:
    case Array:
      return { takes: 'text', greedy: false, read: readJson(hasType(type.value)) };
    default:
      if (!isOwnClass(type.value)) throw new DeclarationError(undecodable(where, type.value));
      return { takes: 'text', greedy: false, read: readDto(type.value, dto) };
  }
}

/** Whether a run-time type is a class of the application: not erased, and not one of the language's, which JSON does not make. */
function isOwnClass(type: unknown): type is new () => object {
  return typeof type === 'function' && !/\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(type));
}

function undecodable(where: string, type: unknown): string {
  return (
    `${where}: the type of its message is ${typeName(type)} at run time, so it can't be decoded. ` +
    'Use a class, imported with "import" and not with "import type", or name a decoder: @Message({ decoders: [...] })'
  );
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A reader out of code that throws: a thrown value is why the payload is refused. */
function guarded(read: Reader): Reader {
  return (incoming) => {
    try {
      return read(incoming);
    } catch (cause) {
      return cause instanceof Failure ? cause : new Failure('malformed-message', undefined, { cause });
    }
  };
}

function readWith(decoders: readonly Decoder[]): Reader {
  return guarded(({ payload }) => {
    const decoder = decoders.find((candidate) => candidate.accepts?.(payload) ?? true);
    return decoder ? decoder.decode(payload) : new Failure('malformed-message', 'No decoder accepts the message.');
  });
}

function parsed(incoming: Incoming): NonNullable<Incoming['json']> {
  if (incoming.json) return incoming.json;
  try {
    return (incoming.json = { value: jsonOf(incoming.payload) });
  } catch (failure) {
    return (incoming.json = { failure: Failure.from(failure) });
  }
}

function readJson(check: (value: unknown) => Failure | undefined): Reader {
  return (incoming) => {
    const json = parsed(incoming);
    return 'failure' in json ? json.failure : (check(json.value) ?? json.value);
  };
}

function hasType(type: unknown): (value: unknown) => Failure | undefined {
  const name = typeName(type).toLowerCase();
  return (value) =>
    (type === Array ? Array.isArray(value) : typeof value === name)
      ? undefined
      : new Failure('invalid-message', `The message is not a JSON ${name}.`);
}

function readDto(dto: new () => object, options: DtoOptions): Reader {
  const plan = planDto(dto, options);
  return (incoming) => {
    const json = parsed(incoming);
    if ('failure' in json) return json.failure;
    const read = plan.read(json.value);
    return read instanceof DtoProblems
      ? new Failure('invalid-message', `The message is not a valid ${dto.name}.`, { details: read.problems })
      : read;
  };
}

/** A method with its decoded message, or why no method takes the payload. */
export type Chosen = { readonly method: MessageMethod; readonly value: unknown } | Failure;

/** Finds the method for a payload: in order of declaration, the first that can read it. */
export function chooser(service: string, methods: readonly MessageMethod[]): (payload: Payload) => Chosen {
  const forText = preferring(methods, 'text');
  const forBytes = preferring(methods, 'bytes');
  checkReachable(service, forText);
  checkReachable(service, forBytes);
  return (payload) => {
    const incoming: Incoming = { payload };
    const refusals: [string, Failure][] = [];
    for (const method of typeof payload === 'string' ? forText : forBytes) {
      const value = method.read(incoming);
      if (!(value instanceof Failure)) return { method, value };
      refusals.push([method.name, value]);
    }
    return summary(refusals);
  };
}

/** Methods for one kind of payload; when the service has none, all: text then counts as its UTF-8 bytes, and the reverse. */
function preferring(methods: readonly MessageMethod[], kind: 'text' | 'bytes'): readonly MessageMethod[] {
  const fitting = methods.filter((method) => method.takes === kind || method.takes === 'any');
  return fitting.length > 0 ? fitting : methods;
}

function checkReachable(service: string, methods: readonly MessageMethod[]): void {
  const greedy = methods.findIndex((method) => method.greedy);
  const [taker, unreached] = [methods[greedy], methods[greedy + 1]];
  if (taker && unreached) {
    throw new DeclarationError(
      `${service}.${unreached.name} is never reached: ${service}.${taker.name}, declared before it, takes every message. Declare it first`,
    );
  }
}

function summary(refusals: readonly [string, Failure][]): Failure {
  const [first] = refusals;
  if (!first) return new Failure('malformed-message', 'This service takes no messages.');
  if (refusals.length === 1 || refusals.every(([, failure]) => failure.message === first[1].message)) return first[1];
  const details = refusals.flatMap(([name, failure]): FailureDetail[] =>
    [...(failure.details ?? [{ property: '', rule: failure.code, message: failure.message }])].map((detail) => ({
      ...detail,
      message: `${name}: ${detail.message}`,
    })),
  );
  return new Failure('invalid-message', 'No method of the service takes the message.', { details, cause: first[1] });
}
