import type { Call } from './call';
import { methodOf, methodsOf, type Declaration } from '../declaration/declaration';
import { Failure } from '../errors';
import type { MethodMetadata } from '../declaration/metadata';
import { Incoming } from './incoming';
import type { Reader } from './reader';
import { after, type MaybePromise } from '../time/settle';

/** A method for an HTTP verb, compiled. */
export interface VerbMethod {
  readonly run: (call: Call) => unknown;
  /** Reads the body; undefined when the method does not want it. */
  readonly read: Reader | undefined;
}

const verbKinds = ['Get', 'Post', 'Put', 'Delete'] as const;

/** The HTTP methods that a service has methods for. */
export function verbNames(declaration: Declaration): string[] {
  return verbKinds.filter((kind) => methodsOf(kind, declaration).length > 0).map((kind) => kind.toUpperCase());
}

/** HTTP method -> the method for it. */
export function compileVerbs(
  declaration: Declaration,
  compile: (method: MethodMetadata) => VerbMethod,
): Map<string, VerbMethod> {
  const verbs = new Map<string, VerbMethod>();
  for (const kind of verbKinds) {
    const method = methodOf(kind, declaration);
    if (method) verbs.set(kind.toUpperCase(), compile(method));
  }
  return verbs;
}

/** Calls the method, with the body decoded. Throws, or rejects, as the method does, or with what is wrong with the body. */
export function runVerb({ read, run }: VerbMethod, call: Call): MaybePromise<unknown> {
  if (!read) return run(call);
  return after(read(new Incoming(call.payload)), (body) => {
    if (body instanceof Failure) throw body;
    call.value = body;
    return run(call);
  });
}
