import { methodOf, type Declaration } from '../declaration/declaration';
import { DeclarationError } from '../errors';
import type { MaybePromise } from '../time/settle';

/** What a service may do before its first client and after its last; a class need not say that it implements it. */
export interface ServiceLifeCycle {
  /** Runs when the instance is there and its `@PathParam` fields are filled; the first client waits for it. */
  onInit?(): MaybePromise<void>;
  /** Runs when the instance is needed no more: its path was idle for too long, or the app stops. The stop waits for it. */
  onDestroy?(): MaybePromise<void>;
}

/** Names of the methods that a service has for the beginning and for the end of an instance. */
export interface LifeHooks {
  readonly init: string | undefined;
  readonly destroy: string | undefined;
}

/** Those of a service without an instance. */
export const noHooks: LifeHooks = { init: undefined, destroy: undefined };

/** Finds them: `onInit`, or the method with `@PostConstruct`; `onDestroy`, or the method with `@PreDestroy`. */
export function lifeHooksOf(declaration: Declaration): LifeHooks {
  return {
    init: hook('PostConstruct', 'onInit', declaration),
    destroy: hook('PreDestroy', 'onDestroy', declaration),
  };
}

function hook(
  kind: 'PostConstruct' | 'PreDestroy',
  plain: 'onInit' | 'onDestroy',
  declaration: Declaration,
): string | undefined {
  const { type, methods } = declaration;
  const prototype = type.prototype as Record<string, unknown>;
  const decorated = methodOf(kind, declaration)?.name;
  // One that another decorator calls is what that decorator says.
  const named = typeof prototype[plain] === 'function' && !methods.some(({ name }) => name === plain);
  if (decorated !== undefined && named)
    throw new DeclarationError(`${type.name} has ${plain} and @${kind} on ${decorated}; keep one`);
  const name = decorated ?? (named ? plain : undefined);
  const method = name === undefined ? undefined : prototype[name];
  if (typeof method === 'function' && method.length > 0)
    throw new DeclarationError(
      `${type.name}.${name} takes parameters, but nobody is there yet, or any more, to fill them from; use fields, and ask for the rest in the constructor`,
    );
  return name;
}
