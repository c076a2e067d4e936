import type { TransportName } from '@ionosphere/protocol';
import type { Config } from '../settings/config';
import type { Counters, Tally } from './counters';
import type { Request } from '../request/request';
import type { ResourceFactory } from '../resource/resource-factory';
import { limitReached } from './limits';
import { networkOf } from './network';
import { RecentBuckets, type BucketClock } from './token-bucket';

/** How many addresses are remembered at most for the rate of their handshakes; those seen longest ago are forgotten first. */
const ADDRESSES = 50_000;

/** Transports whose GETs are no new connections. */
const repeated = new Set<string | undefined>(['long-polling', 'polling', 'jsonp', 'close']);

/** What the connections of one transport from one network have taken: one place for all of them. */
export class Place {
  connections = 0;
  /** Of the same network, and another transport. */
  next: Place | undefined = undefined;

  constructor(
    private readonly door: Admission,
    readonly network: string,
    readonly transport: TransportName,
    readonly tally: Tally,
  ) {}

  /** One of them is over, or was not made after all. */
  leave(): void {
    this.door.release(this);
  }

  /** One more is to be made. Gives the place that it must leave, which may be another one; throws when there are enough. */
  again(): Place {
    // One without connections may be forgotten by now.
    return this.door.take(this.connections > 0 ? this : this.door.placeIn(this.network, this.transport));
  }
}

/** What the door is built on. */
export interface AdmissionParts {
  readonly config: Pick<
    Config,
    'maxConnections' | 'maxConnectionsPerAddress' | 'handshakesPerSecond' | 'handshakeBurst'
  >;
  readonly clock: BucketClock;
  readonly counters: Counters;
  readonly resources: ResourceFactory;
}

/**
 * The door: how many connections there may be, in all and from one address, and how fast clients may come. For transports.
 * Addresses of IPv6 count by network (/64). What is remembered of an address goes with its last connection, or is bounded.
 */
export class Admission {
  readonly #parts: AdmissionParts;
  /** The first place of each network that has connections; it has the others. */
  readonly #places = new Map<string, Place>();
  readonly #handshakes: RecentBuckets | undefined;
  #connections = 0;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    const { handshakesPerSecond, handshakeBurst } = parts.config;
    if (handshakesPerSecond > 0)
      this.#handshakes = new RecentBuckets(ADDRESSES, {
        capacity: handshakeBurst,
        perMilli: handshakesPerSecond / 1000,
      });
  }

  /** How many addresses have connections. */
  get addresses(): number {
    return this.#places.size;
  }

  /** A request came. Throws `rate-limited` when it is to make a resource, or a connection, and its address had many such. */
  knock(request: Request): void {
    if (!this.#handshakes || request.method === 'OPTIONS' || this.#belongs(request)) return;
    const bucket = this.#handshakes.of(networkOf(request.remoteAddress));
    if (bucket.take(this.#parts.clock)) return;
    const what = request.method === 'POST' ? 'Too many messages come without a connection' : 'Too many clients connect';
    throw limitReached('handshakesPerSecond', `${what} from this address; slow down.`);
  }

  /** A connection is to be made. Throws when there are enough; else it must leave its place, once. */
  enter(transport: TransportName, remoteAddress: string): Place {
    return this.take(this.placeIn(networkOf(remoteAddress), transport));
  }

  /** A connection is over, or was not made after all. */
  leave(transport: TransportName, remoteAddress: string): void {
    this.release(this.placeIn(networkOf(remoteAddress), transport));
  }

  /** @internal */
  placeIn(network: string, transport: TransportName): Place {
    let place = this.#places.get(network);
    while (place && place.transport !== transport) place = place.next;
    return place ?? new Place(this, network, transport, this.#parts.counters.tallies[transport]);
  }

  /** One connection more is in the place. @internal */
  take(place: Place): Place {
    const { maxConnections, maxConnectionsPerAddress } = this.#parts.config;
    if (maxConnections > 0 && this.#connections >= maxConnections) throw limitReached('maxConnections');
    if (maxConnectionsPerAddress > 0 && this.#connectionsFrom(place.network) >= maxConnectionsPerAddress)
      throw limitReached('maxConnectionsPerAddress');
    this.#connections++;
    if (place.connections++ === 0) this.#keep(place);
    place.tally.open++;
    place.tally.all++;
    return place;
  }

  /** One connection less is in the place. @internal */
  release(place: Place): void {
    this.#connections--;
    place.tally.open--;
    if (--place.connections === 0 && this.#connectionsFrom(place.network) === 0) this.#places.delete(place.network);
  }

  #keep(place: Place): void {
    const first = this.#places.get(place.network);
    let known = first;
    while (known && known !== place) known = known.next;
    if (known) return;
    if (first) {
      place.next = first.next;
      first.next = place;
    } else {
      place.next = undefined;
      this.#places.set(place.network, place);
    }
  }

  #connectionsFrom(network: string): number {
    let sum = 0;
    for (let place = this.#places.get(network); place; place = place.next) sum += place.connections;
    return sum;
  }

  /** Whether a request is one of many of a resource that exists: a poll, a message, a goodbye. A new connection is none. */
  #belongs({ method, path, wire: { trackingId, transport } }: Request): boolean {
    if (trackingId === undefined || (method === 'GET' && !repeated.has(transport))) return false;
    return this.#parts.resources.find(trackingId)?.endpoint.path === path;
  }
}
