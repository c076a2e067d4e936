import type { Broadcaster } from '../broadcaster/broadcaster';
import type { BroadcasterFactory } from '../broadcaster/broadcaster-factory';
import type { Context } from '../resource/context';
import type { Durability } from '../log/durability';
import type { SavedResource, SavedSubscription } from '../log/durable-store';
import type { Endpoints } from '../service/endpoints';
import type { RestoredPlace } from '../resource/subscription';
import { Request } from '../request/request';
import type { Resource } from '../resource/resource';
import type { ResourceFactory } from '../resource/resource-factory';
import type { RoomManager } from '../rooms/room-manager';

/** What resources are given back to. */
export interface RestorationParts {
  readonly context: Context;
  readonly endpoints: Endpoints;
  readonly broadcasters: BroadcasterFactory;
  readonly resources: ResourceFactory;
  readonly rooms: RoomManager;
}

/** Gives an app the resources of an earlier run, if it has a store: each is away, at its place, and subscribed as it was. */
export function restore(parts: RestorationParts): void {
  const { durability } = parts.context;
  if (durability) new Restoration(parts).run(durability);
}

class Restoration {
  readonly #parts: RestorationParts;
  /** Name of a broadcaster that is not there yet -> who is to be subscribed to it. */
  readonly #absent = new Map<string, [Resource, RestoredPlace][]>();

  constructor(parts: RestorationParts) {
    this.#parts = parts;
  }

  /** Those whose service is not there any more are forgotten. */
  run(durability: Durability): void {
    const { context, broadcasters } = this.#parts;
    for (const saved of durability.resources()) {
      if (this.#restore(saved)) continue;
      durability.forget(saved);
      context.logger.warn('A stored resource is forgotten: its path has no service with a durable log', {
        path: saved.path,
      });
    }
    if (this.#absent.size > 0) broadcasters.addListener({ onPostCreate: (made) => this.#made(made) });
  }

  #restore(saved: SavedResource): boolean {
    const { context, endpoints, resources } = this.#parts;
    const { uuid, path, wire } = saved;
    if (!endpoints.service(path)) return false;
    const endpoint = endpoints.restored(path);
    // The service may have another log now, that does not outlive the process.
    if (!endpoint.broadcaster.log.durable) return false;
    const request = new Request({
      method: 'GET',
      path: path.split('/').map(encodeURIComponent).join('/'),
      query: wire,
    });
    const resource = resources.restore(uuid, endpoint, request, context);
    resource.durable.restore(saved);
    for (const subscription of saved.subscriptions) this.#join(resource, { position: saved.position, ...subscription });
    context.durability?.restored(resource);
    return true;
  }

  #join(resource: Resource, { id, since, until, membership, position = -1 }: SavedSubscription): void {
    const { broadcasters, rooms } = this.#parts;
    const place = { since, position, until };
    if (membership) return rooms.restore(resource, place, membership);
    const broadcaster = broadcasters.find(id);
    if (broadcaster) return resource.durable.rejoin(broadcaster, place);
    const waiting = this.#absent.get(id);
    if (waiting) waiting.push([resource, place]);
    else this.#absent.set(id, [[resource, place]]);
  }

  /** The application made a broadcaster again. */
  #made(broadcaster: Broadcaster): void {
    const { id } = broadcaster;
    for (const [resource, place] of this.#absent.get(id) ?? []) resource.durable.rejoin(broadcaster, place);
    this.#absent.delete(id);
  }
}
