import type { Broadcaster, BroadcastOptions } from '../broadcaster/broadcaster';
import type { Delivery } from '../broadcaster/delivery';
import type { Request } from '../request/request';
import type { Resource } from '../resource/resource';
import type { MaybePromise } from '../time/settle';
import { Everyone, OnlySelf, SkipSelf, type ClientFilter } from './client-filter';
import type { ClientMessage } from './client-message';
import { broadcastUnder } from './client-routes';
import { clientOf, placeOf } from './client-places';

/**
 * One connected client as an object: `@AtmosphereRoute('/the-chat') class ChatClient extends AtmosphereClient`. There is one
 * for each resource, from its first message or connection on until it is gone for good; what it remembers of its client
 * are its fields.
 */
export abstract class AtmosphereClient {
  /** Called with what happens to the client, one after the other. What it throws is told to the client, as any failure. */
  abstract receive(message: ClientMessage): MaybePromise<void>;

  /** The client's tracking id: enough to act as this client. Keep it out of other clients' sight. */
  get uuid(): string {
    return this.resource.uuid;
  }

  get resource(): Resource {
    return placeOf(this).resource;
  }

  /** The request that opened the newest connection. */
  get request(): Request {
    return this.resource.request;
  }

  /** Value of a variable of the route's path; undefined when it has none of that name. */
  param(name: string): string | undefined {
    return this.resource.endpoint.params.get(name);
  }

  /** Sends to this client alone, in the wire format of the route. While it is away the message waits. */
  send(message: unknown): void {
    this.resource.send(message, placeOf(this).render);
  }

  /** Sends to the clients of the same path. Default: to all but this one. */
  broadcast(message: unknown, to: ClientFilter = SkipSelf): Delivery {
    const { resource, render: encode } = placeOf(this);
    return this.#broadcaster.broadcast(message, { encode, ...this.#audience(to, resource) });
  }

  /** Ends the client: it is told, and receives `Disconnected` by the server. */
  close(): void {
    this.resource.close();
  }

  /**
   * Sends to all clients of a route, or of all routes below a path: `/real-time-buzz/fizz`, or `/real-time-buzz`. From
   * anywhere in the process. Gives the number of receivers.
   */
  static broadcast(path: string, message: unknown): number {
    return broadcastUnder(path, message);
  }

  /** Sends to all clients of all routes of the process. Gives the number of receivers. */
  static broadcastAll(message: unknown): number {
    return broadcastUnder('/', message);
  }

  get #broadcaster(): Broadcaster {
    return this.resource.broadcaster;
  }

  /** The usual three need no look at each client. */
  #audience(to: ClientFilter, resource: Resource): Pick<BroadcastOptions, 'to' | 'except'> {
    if (to === Everyone) return {};
    if (to === SkipSelf) return { except: resource };
    if (to === OnlySelf) return { to: resource };
    return {
      to: (other) => {
        const client = clientOf(other);
        return client !== undefined && to.accepts(client, this);
      },
    };
  }
}
