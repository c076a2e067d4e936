import { isTrackingId } from '@ionosphere/protocol';
import type { Context } from './context';
import type { Endpoint } from '../service/endpoint';
import { Failure } from '../errors';
import { limitReached } from '../limits/limits';
import { digestAt, idAt, startOfId } from '../request/query';
import { newId } from './new-id';
import { Newcomers } from './newcomers';
import { Recent } from '../limits/recent';
import type { Request } from '../request/request';
import { Resource } from './resource';
import { ResourceTable } from './resource-table';
import type { Run } from './run';
import type { Ending } from './resource-event';
import { copyOf } from '../request/shared';
import { isClassic, makesUpIds } from '../request/wire';

/** How many uuids of resources that are gone are remembered at most. */
const REMEMBERED = 10_000;

/** Length of the longest id that is remembered; what a server mints is shorter. */
const LONGEST_ID = 128;

/** Every resource that is not closed, by its uuid. */
export class ResourceFactory {
  readonly #resources = new ResourceTable();
  readonly #newcomers = new Newcomers();
  /** Polls of those that poll, by a number made of their uuid. Of two with the same number, which are rare, it has one. */
  readonly #polling = new Map<number, Run>();
  /** Resources that did not come back in time: they may have their uuid again, because we minted it. */
  readonly #lapsed = new Recent<true>(REMEMBERED);
  /** Ids that are not known, of polling clients that would not understand a handshake the next time. */
  readonly #strays = new Recent<true>(REMEMBERED);
  /**
   * Resources whose client said goodbye, by a number made of their uuid: most resources end so. A classic client may go on
   * trying to connect, which it does not mean. True until another one has been told, as a stray is.
   */
  readonly #left = new Recent<boolean, number>(REMEMBERED);

  get size(): number {
    return this.#resources.size;
  }

  /** The resource with that uuid; of a client that is at several paths, the one of the first path. */
  find(uuid: string): Resource | undefined {
    return this.#resources.find(uuid);
  }

  /** Each sees to its own connection from now on. @internal */
  land(): void {
    for (const resource of this.all()) resource.out.land();
  }

  /** All that there are now, in no order. */
  all(): IterableIterator<Resource> {
    return this.#resources.all.values();
  }

  /** The resource that a request names, if it is one of that endpoint. */
  named(request: Request, endpoint: Endpoint): Resource | undefined {
    const { trackingId } = request.wire;
    return trackingId === undefined ? undefined : this.#resources.find(trackingId, endpoint);
  }

  /** The newest request of the resource that a query names, if it said the same query. @internal */
  repeated(query: string): Request | undefined {
    const start = startOfId(query);
    const request = start < 0 ? undefined : this.#resources.find(idAt(query, start))?.request;
    return request?.wire.poll === query ? request : undefined;
  }

  /** The poll that was answered, and begins anew with a request of that query, if its headers are the same too. @internal */
  resting(query: string): Run | undefined {
    const start = startOfId(query);
    if (start < 0) return undefined;
    const digest = digestAt(query, start);
    const likely = this.#polling.get(digest);
    if (likely && likely.repeats === query && likely.rests) return likely;
    const run = this.#resources.find(idAt(query, start))?.resting;
    if (!run || run.repeats !== query) return undefined;
    this.#polling.set(digest, run);
    return run;
  }

  /**
   * The resource for a request that connects: the one it names, else a new one. A uuid that is not one of ours is never
   * taken over, or whoever chooses it could read along; the new one reaches the client in its handshake. A uuid that
   * lapsed is ours: a polling client that was late goes on under it, without a handshake that it does not expect.
   */
  claim(request: Request, endpoint: Endpoint, context: Context): Resource {
    const known = this.named(request, endpoint);
    if (known) return known;
    const { trackingId = '' } = request.wire;
    const { maxResources } = context.config;
    if (maxResources > 0 && this.size >= maxResources) throw limitReached('maxResources');
    // First, because a resource that finds no room must leave nothing behind.
    endpoint.broadcaster.admit();
    // Only clients of gRPC are at several paths under one id.
    const elsewhere = request.wire.transport === 'grpc' && this.#resources.find(trackingId) !== undefined;
    const lapsed = trackingId !== '' && !elsewhere && this.#lapsed.delete(trackingId);
    if (!lapsed) this.#refuseStray(request);
    const uuid = elsewhere || lapsed ? trackingId : (context.siblings?.newId() ?? newId());
    const resource = new Resource(uuid, endpoint, request, context);
    this.#add(resource);
    resource.subscribe(endpoint.broadcaster);
    // Who is elsewhere under that id may be here for the first time.
    const wasHere = elsewhere ? request.wire.position !== undefined : isTrackingId(trackingId);
    if (wasHere && !makesUpIds(request.wire)) resource.recovery.lostItsPast();
    this.#newcomers.add(resource, context.timers);
    return resource;
  }

  /** A resource that an earlier run of the server knew. */
  restore(uuid: string, endpoint: Endpoint, request: Request, context: Context): Resource {
    const resource = new Resource(uuid, endpoint, request, context);
    this.#add(resource);
    return resource;
  }

  #add(resource: Resource): void {
    this.#resources.add(resource);
    resource.endpoint.population++;
  }

  remove(resource: Resource, ending: Ending): void {
    const { uuid, endpoint } = resource;
    endpoint.population--;
    this.#resources.delete(resource);
    const digest = digestAt(uuid);
    if (this.#polling.get(digest)?.resource === resource) this.#polling.delete(digest);
    // Its client is still there, under the same uuid, elsewhere.
    if (this.#resources.find(uuid)) return;
    // One whose last poll broke is not among them: its client waits for a handshake, and gets one under a new uuid. A
    // classic client never does.
    const waits = resource.pollBroken && !isClassic(resource.request.wire);
    if (ending === 'cancelled' && !waits) this.#lapsed.set(uuid, true);
    // A poll that was under way when its resource was closed must not begin another one.
    if (ending === 'closed-by-client') this.#left.set(digest, true);
    else if (ending !== 'cancelled') this.#strays.set(uuid, true);
  }

  /**
   * A client that polls with an unknown id gets a handshake, which it understands only if its last poll broke. If not, it
   * would poll with the same id again at once, for ever: then an error makes it start anew, ready for a handshake. A classic
   * client that has an id understands no handshake at all.
   */
  #refuseStray(request: Request): void {
    const { trackingId, transport, protocol } = request.wire;
    if (trackingId === undefined || !protocol || transport === 'websocket') return;
    const classic = isClassic(request.wire);
    if (classic && this.#left.has(digestAt(trackingId))) throw new Failure('unknown-resource');
    if (transport !== 'long-polling' && transport !== 'jsonp') return;
    if (classic || trackingId.length > LONGEST_ID || this.#isStray(trackingId)) throw new Failure('unknown-resource');
    this.#strays.set(copyOf(trackingId), true);
  }

  /** Whether it is to be told that it is one; it is told once. */
  #isStray(trackingId: string): boolean {
    const digest = digestAt(trackingId);
    if (!this.#left.get(digest)) return this.#strays.delete(trackingId);
    this.#left.set(digest, false);
    return true;
  }
}
