import { ManagedService } from '../declaration/decorators';
import { DeclarationError } from '../errors';
import { metadataOf, type Class, type ServiceOptions } from '../declaration/metadata';
import { AtmosphereClient } from './atmosphere-client';
import type { AtmosphereRouteOptions, ClientRouteMetadata, ClientRouteOptions } from './client-route';

/**
 * Makes a class that extends `AtmosphereClient` a service at a path: one object of it for each client.
 *
 * @example
 * \@AtmosphereRoute('/the-chat')
 * class ChatClient extends AtmosphereClient { ... }
 */
export function AtmosphereRoute(options: AtmosphereRouteOptions | string) {
  return (type: Class<AtmosphereClient>): void => {
    const { prototype } = type as { prototype: unknown };
    if (!(prototype instanceof AtmosphereClient))
      throw new DeclarationError(
        `${type.name} has @AtmosphereRoute, so it must be: class ${type.name} extends AtmosphereClient`,
      );
    declareRoute(type, typeof options === 'string' ? { path: options } : options);
  };
}

/** Attributes of a route that is made by a function: those of `@AtmosphereRoute`, without the path. */
export type AtmosphereOptions = Omit<ServiceOptions, 'path'> & ClientRouteOptions;

/**
 * A route of client objects, for the list of services: `services: [atmosphere('/the-chat', () => new ChatClient())]`. On an app
 * that runs, `app.atmosphere` does the same.
 *
 * @param make makes a new object for each client
 */
export function atmosphere(path: string, make: () => AtmosphereClient, options: AtmosphereOptions = {}): Class<object> {
  const route = { [`atmosphere('${path}')`]: class {} };
  const [type] = Object.values(route) as [Class<object>];
  if (typeof make !== 'function')
    throw new DeclarationError(`${type.name} needs a function that makes a client: () => new YourClient()`);
  declareRoute(type, { ...options, path }, make);
  return type;
}

function declareRoute(type: Class<object>, options: AtmosphereRouteOptions, make?: ClientRouteMetadata['make']): void {
  ManagedService(options)(type);
  metadataOf(type).clients = { wireFormat: options.wireFormat, error: options.error, make };
}
