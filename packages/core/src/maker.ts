import type { DependencyContainer, InjectionToken } from 'tsyringe';
import { DeclarationError } from './errors';
import type { Class, Provided } from './metadata';

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
      const mend = `Give each class that it asks for, and ${type.name} itself if it asks for some, tsyringe's @injectable()`;
      throw new DeclarationError(`${type.name} could not be constructed: ${(cause as Error).message}. ${mend}`, {
        cause,
      });
    }
  }

  /** Whether the application told the container how to make the class, so that it may give the same object twice. */
  isRegistered(type: Class<object>): boolean {
    return this.container.isRegistered(type as InjectionToken<object>, true);
  }
}
