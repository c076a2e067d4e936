import type { DependencyContainer, InjectionToken } from 'tsyringe';
import { DeclarationError } from './errors';
import type { Class } from './metadata';

/** Lets a container make an object of a class. Throws a `DeclarationError` that says what to do about it when it can't. */
export function construct(type: Class<object>, container: DependencyContainer): object {
  try {
    return container.resolve(type as InjectionToken<object>);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new DeclarationError(`${type.name} could not be constructed: ${why}${mend(why, type.name)}`, { cause });
  }
}

/** What a constructor can't ask for, and where it is to be had. */
const elsewhere: Readonly<Record<string, string>> = {
  Resource: 'It is a parameter of methods: a service has many resources',
  Request: 'It is a parameter of methods: resource.request',
  ResourceEvent: 'It is a parameter of methods such as @Ready and @Disconnect',
  Broadcaster:
    "It is a parameter of methods, and a field with @Named('/news') is another one; BroadcasterFactory finds all",
};

/** Run-time types of what has no class, or none any more. */
const erased: ReadonlySet<string> = new Set(['Object', 'Function', 'String', 'Number', 'Boolean', 'Array']);

/** What to do about a class that the container does not know; nothing for what a constructor itself throws. */
function mend(why: string, type: string): string {
  const [, unknown] = /TypeInfo not known for "(\w+)"/.exec(why) ?? [];
  if (unknown === undefined) return '';
  if (Object.hasOwn(elsewhere, unknown)) return `. ${elsewhere[unknown]}`;
  if (erased.has(unknown))
    return `. There is no class of it at run time: import it with "import" and not with "import type", or name it by tsyringe's @inject('...')`;
  return `. Give each class that it asks for, and ${type} itself if it asks for some, tsyringe's @injectable()`;
}
