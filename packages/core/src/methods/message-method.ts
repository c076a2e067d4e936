import type { FailureDetail, Payload } from '@ionosphere/protocol';
import type { Call } from './call';
import { encodeWith, type Encoder } from '../codec/codec';
import { Failure } from '../errors';
import { fold, type Interceptor, type Next } from '../interceptors/interceptor';
import { Incoming } from './incoming';
import type { DeliverTarget } from '../declaration/metadata';
import { checkReachable } from './reachable';
import { compileReader, NOT_MINE, type ReaderParts, type Reading } from './reader';
import { isPromise, type MaybePromise } from '../time/settle';

/** Where, and how encoded, goes what a method returns. */
export interface Deliverable {
  readonly target: DeliverTarget;
  readonly options: { readonly encode: (value: unknown) => Payload };
}

/** A method that is called for an event, compiled. */
export interface EventMethod extends Deliverable {
  readonly run: Next<Call, unknown>;
}

/** One `@Message` method, compiled. */
export interface MessageMethod extends EventMethod, Reading {
  readonly name: string;
}

/** What a method is compiled from. */
export interface MessageMethodParts extends ReaderParts {
  readonly name: string;
  readonly encoders: readonly Encoder[];
  readonly target: DeliverTarget | undefined;
  readonly interceptors: readonly Interceptor[];
  readonly call: (call: Call) => unknown;
}

export function compileMessageMethod(parts: MessageMethodParts): MessageMethod {
  const stages = parts.interceptors.flatMap((interceptor) =>
    interceptor.inbound ? [interceptor.inbound.bind(interceptor)] : [],
  );
  return {
    name: parts.name,
    ...compileReader(parts),
    run: fold(stages, parts.call),
    target: parts.target ?? 'BROADCASTER',
    options: { encode: encodeWith(parts.where, parts.encoders) },
  };
}

/** A method with its decoded message, or why no method takes the payload. */
export type Chosen = { readonly method: MessageMethod; readonly value: unknown } | Failure;

/** A message whose method is looked for; once it is found, what was chosen. */
class Choice extends Incoming {
  method: MessageMethod | undefined = undefined;
  value: unknown = undefined;
  /** What methods have said against it. */
  refusals: [string, Failure][] | undefined = undefined;
}

/** Finds the method for a payload: in order of declaration, the first that can read it. */
export function chooser(
  service: string,
  methods: readonly MessageMethod[],
): (payload: Payload) => MaybePromise<Chosen> {
  const forText = preferring(methods, 'text');
  const forBytes = preferring(methods, 'bytes');
  checkReachable(service, forText);
  checkReachable(service, forBytes);
  if (methods.length === 0) return () => new Failure('invalid-message', 'This service takes no messages.');
  return (payload) => choose(typeof payload === 'string' ? forText : forBytes, new Choice(payload), 0);
}

function choose(methods: readonly MessageMethod[], choice: Choice, from: number): MaybePromise<Chosen> {
  for (let index = from; index < methods.length; index++) {
    const method = methods[index] as MessageMethod;
    const value = method.read(choice);
    if (isPromise(value)) return chooseLater(methods, choice, index, value);
    const chosen = verdict(method, value, choice);
    if (chosen) return chosen;
  }
  return summary(choice.refusals ?? []);
}

/** Apart from `choose`, because each call of a function that makes a closure pays for it. */
function chooseLater(
  methods: readonly MessageMethod[],
  choice: Choice,
  index: number,
  value: PromiseLike<unknown>,
): PromiseLike<Chosen> {
  const method = methods[index] as MessageMethod;
  return value.then((later) => verdict(method, later, choice) ?? choose(methods, choice, index + 1));
}

/** What a reader's answer means; undefined when the next method is to be asked. */
function verdict(method: MessageMethod, value: unknown, choice: Choice): Chosen | undefined {
  if (value === NOT_MINE) return undefined;
  if (!(value instanceof Failure)) return found(choice, method, value);
  if (method.selective && value.code !== 'malformed-message') return value;
  (choice.refusals ??= []).push([method.name, value]);
  return undefined;
}

function found(choice: Choice, method: MessageMethod, value: unknown): Chosen {
  choice.method = method;
  choice.value = value;
  return choice as Choice & { readonly method: MessageMethod };
}

/** Methods for one kind of payload; when the service has none, all: text then counts as its UTF-8 bytes, and the reverse. */
function preferring(methods: readonly MessageMethod[], kind: 'text' | 'bytes'): readonly MessageMethod[] {
  const fitting = methods.filter((method) => method.takes === kind || method.takes === 'any');
  return fitting.length > 0 ? fitting : methods;
}

function summary(refusals: readonly [string, Failure][]): Failure {
  const [first] = refusals;
  if (!first) return new Failure('invalid-message', 'No method of the service takes such a message.');
  if (refusals.length === 1 || refusals.every(([, failure]) => failure.message === first[1].message)) return first[1];
  const details = refusals.flatMap(([name, failure]): FailureDetail[] =>
    [...(failure.details ?? [{ property: '', rule: failure.code, message: failure.message }])].map((detail) => ({
      ...detail,
      message: `${name}: ${detail.message}`,
    })),
  );
  return new Failure('invalid-message', 'No method of the service takes the message.', { details, cause: first[1] });
}
