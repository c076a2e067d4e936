import type { Payload } from '@ionosphere/protocol';
import type { Resource } from '../resource/resource';
import type { AtmosphereClient } from './atmosphere-client';

/** Where a client object is: kept beside it, so that its constructor is its author's alone. */
export interface ClientPlace {
  readonly resource: Resource;
  readonly render: (message: unknown) => Payload;
}

const places = new WeakMap<AtmosphereClient, ClientPlace>();
const clients = new WeakMap<Resource, AtmosphereClient>();

/** Where a client is. Throws in its constructor, where it is nowhere yet. */
export function placeOf(client: AtmosphereClient): ClientPlace {
  const place = places.get(client);
  if (!place)
    throw new Error(
      `${client.constructor.name} is not connected yet: its resource is there when it receives Connected, not in its constructor`,
    );
  return place;
}

/** The client object of a resource, if it has one. */
export function clientOf(resource: Resource): AtmosphereClient | undefined {
  return clients.get(resource);
}

export function putClient(client: AtmosphereClient, place: ClientPlace): void {
  if (places.has(client))
    throw new Error(
      `${client.constructor.name} was given to two clients: the factory of an atmosphere route must make a new one each time`,
    );
  places.set(client, place);
  clients.set(place.resource, client);
}
