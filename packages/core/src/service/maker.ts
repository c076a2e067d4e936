import type { DependencyContainer, InjectionToken } from 'tsyringe';
import { DeclarationError } from '../errors';
import type { Class, Provided } from '../declaration/metadata';

/** Makes the objects of an app: services, and what it was given as classes. */
export class Maker {
  readonly container: DependencyContainer;

  /** @param parts what constructors may ask for, by class */
  constructor(root: DependencyContainer, parts: Iterable<readonly [unknown, unknown]>) {
    this.container = root.createChildContainer();
    for (const [type, part] of parts) this.container.registerInstance(type as InjectionToken<unknown>, part);
  }

  /** Gives the object itself, or makes it of a class. */
  provide<T>(provided: Provided<T>): T {
    if (typeof provided !== 'function') return provided;
    return this.construct(provided as Class<object>) as T;
  }

  /** @param alone whether the object is one of several, which the container must not keep for its `dispose()` */
  construct(type: Class<object>, alone = false): object {
    try {
      const container = alone ? this.container.createChildContainer() : this.container;
      return container.resolve(type as InjectionToken<object>);
    } catch (cause) {
      const why = (cause as Error).message;
      throw new DeclarationError(`${type.name} could not be constructed: ${why}${mend(why, type.name)}`, { cause });
    }
  }

  /** Whether the application told the container how to make the class, so that it may give the same object twice. */
  isRegistered(type: Class<object>): boolean {
    return this.container.isRegistered(type as InjectionToken<object>, true);
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
