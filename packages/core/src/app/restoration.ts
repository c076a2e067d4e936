import type { Broadcaster } from '../broadcaster/broadcaster';
import type { BroadcasterFactory } from '../broadcaster/broadcaster-factory';
import type { Context } from '../resource/context';
import type { Durability } from '../log/durability';
import type { SavedResource, SavedSubscription } from '../log/durable-store';
import type { MessageLog } from '../log/message-log';
import { succeeded } from '../log/remains';
import type { Endpoints } from '../service/endpoints';
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
  if (durability) new Restoration(parts, durability).run();
}

/** What is left of a broadcaster that is not there yet, and who is to be subscribed to it. */
interface Left {
  readonly log: MessageLog;
  readonly waiting: Resource[];
}

class Restoration {
  readonly #parts: RestorationParts;
  readonly #durability: Durability;
  /** By the names of the broadcasters. */
  readonly #absent = new Map<string, Left>();
  readonly #listener = { onPostCreate: (made: Broadcaster): void => this.#made(made) };

  constructor(parts: RestorationParts, durability: Durability) {
    this.#parts = parts;
    this.#durability = durability;
  }

  /** Those whose service is not there any more are forgotten. */
  run(): void {
    const { context, broadcasters } = this.#parts;
    // Those of services are made on the way.
    broadcasters.addListener(this.#listener);
    for (const saved of this.#durability.resources()) {
      if (this.#restore(saved)) continue;
      this.#durability.forget(saved);
      context.logger.warn('A stored resource is forgotten: its path has no service with a durable log', {
        path: saved.path,
      });
    }
    if (this.#absent.size === 0) broadcasters.removeListener(this.#listener);
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
    for (const subscription of saved.subscriptions) this.#join(resource, subscription, saved.position);
    this.#durability.restored(resource);
    return true;
  }

  #join(resource: Resource, { id, since, until, membership }: SavedSubscription, position = -1): void {
    const { broadcasters, rooms } = this.#parts;
    const place = { since, position, until };
    if (membership) return rooms.restore(resource, place, membership);
    const broadcaster = broadcasters.find(id);
    if (until !== undefined) {
      const log = broadcaster?.log.durable ? broadcaster.log : this.#leftOf(id).log;
      return resource.durable.depart(id, log, place);
    }
    if (broadcaster) return resource.durable.rejoin(broadcaster, place);
    const { log, waiting } = this.#leftOf(id);
    waiting.push(resource);
    resource.durable.await(id, log, place);
  }

  #leftOf(id: string): Left {
    const left = this.#absent.get(id) ?? { log: this.#durability.remainder(id), waiting: [] };
    this.#absent.set(id, left);
    return left;
  }

  /** The application made a broadcaster again. */
  #made(broadcaster: Broadcaster): void {
    const left = this.#absent.get(broadcaster.id);
    if (!left) return;
    this.#absent.delete(broadcaster.id);
    for (const resource of left.waiting) resource.durable.awaited(broadcaster);
    // From now on what is left is what this one has: when it is destroyed, nothing is.
    if (broadcaster.log.durable) succeeded(left.log, broadcaster.log);
  }
}
