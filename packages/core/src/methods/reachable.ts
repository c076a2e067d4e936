import { DeclarationError } from '../errors';
import type { MessageMethod } from './message-method';

/** Among which values those of a reader are. Two of one form and kind take the same. */
export interface Scope {
  readonly form: 'value' | 'object' | 'array' | 'schema of text' | 'schema of bytes' | 'schema of JSON';
  /** A class, a type, or a schema. */
  readonly kind: unknown;
  /** Whether all of the form are its own. */
  readonly whole: boolean;
}

/** Refuses a method that is surely never called. Those of one list are asked in its order. */
export function checkReachable(service: string, methods: readonly MessageMethod[]): void {
  const greedy = methods.findIndex((method) => method.greedy);
  const [taker, unreached] = [methods[greedy], methods[greedy + 1]];
  if (taker && unreached) {
    throw new DeclarationError(
      `${service}.${unreached.name} is never reached: ${service}.${taker.name}, declared before it, takes every message. Declare it first`,
    );
  }
  const takers = new Map<string, MessageMethod>();
  for (const [index, method] of methods.entries()) {
    if (method.type) checkType(service, method, method.type, takers);
    const first = methods.slice(0, index).find((one) => takesAllOf(one, method));
    if (!first) continue;
    const mend = takesAllOf(method, first) ? 'Declare it first with a when, or remove it' : 'Declare it first';
    throw new DeclarationError(
      `${service}.${method.name} is never reached: ${service}.${first.name}, declared before it, takes all that it could read. ${mend}`,
    );
  }
}

/** Whether one method surely reads all that another, after it, does. What only validators, or code, tell apart is not compared. */
function takesAllOf(first: MessageMethod, later: MessageMethod): boolean {
  const [all, some] = [first.scope, later.scope];
  if (!all || !some || first.selective || all.form !== some.form) return false;
  // A method with a `type` may let in that property, which its class need not have.
  return all.whole || (all.kind === some.kind && !later.type);
}

/** Of two methods for one `type` the first takes all, unless it has a condition. */
function checkType(
  service: string,
  method: MessageMethod,
  { name, all }: NonNullable<MessageMethod['type']>,
  takers: Map<string, MessageMethod>,
): void {
  const first = takers.get(name);
  if (first) {
    throw new DeclarationError(
      `${service}.${method.name} is never reached: ${service}.${first.name}, declared before it, takes every message of type "${name}". Give it another type, or declare it first with a when`,
    );
  }
  if (all) takers.set(name, method);
}
