import type { Broadcaster, BroadcasterClass } from './broadcaster';
import { DeclarationError } from '../errors';
import type { ParameterScope } from '../methods/parameters';

/** The broadcaster that `@Named` means at one concrete path. */
export type NamedSource = (params: ReadonlyMap<string, string>) => Broadcaster;

/**
 * Compiles what `@Named` says: a name, which may have variables of the service's path in it, such as `/private/{room}`.
 *
 * @param where class and member, for what is said of mistakes
 */
export function compileNamed(
  name: string,
  type: BroadcasterClass,
  where: string,
  { variables, named }: Pick<ParameterScope, 'variables' | 'named'>,
): NamedSource {
  if (typeof name !== 'string' || name === '')
    throw new DeclarationError(`${where}: @Named must say the name of a broadcaster, such as @Named('/news')`);
  // Texts and variables by turns.
  const parts = name.split(VARIABLE);
  for (let index = 1; index < parts.length; index += 2) checkVariable(parts[index] ?? '', name, where, variables);
  const idAt = (params: ReadonlyMap<string, string>): string =>
    parts.map((part, index) => (index % 2 === 0 ? part : params.get(part))).join('');
  return (params) => {
    try {
      return named(parts.length === 1 ? name : idAt(params), type);
    } catch (cause) {
      throw new DeclarationError(`${where}: ${(cause as Error).message}`, { cause });
    }
  };
}

const VARIABLE = /\{\s*(\w+)\s*\}/;

/** Whether the name is another one at each path. */
export function varies(name: string): boolean {
  return VARIABLE.test(name);
}

function checkVariable(variable: string, name: string, where: string, variables: readonly string[]): void {
  if (variables.includes(variable)) return;
  const known = variables.length > 0 ? variables.map((one) => `{${one}}`).join(', ') : 'no variables';
  throw new DeclarationError(
    `${where}: @Named('${name}') has {${variable}}, which is no variable of the path; its path has ${known}`,
  );
}
