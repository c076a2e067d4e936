import type { TransportName } from '@ionosphere/protocol';
import type { Config } from '../settings/config';
import type { Counters } from './counters';
import type { Request } from '../request/request';
import type { ResourceFactory } from '../resource/resource-factory';
import { limitReached } from './limits';
import { networkOf } from './network';
import { RecentBuckets, type BucketClock } from './token-bucket';

/** How many addresses are remembered at most for the rate of their handshakes; those seen longest ago are forgotten first. */
const ADDRESSES = 50_000;

/** Transports whose GETs are no new connections. */
const repeated = new Set<string | undefined>(['long-polling', 'polling', 'jsonp', 'close']);

/** The place that connections of one transport have taken. */
export interface Place {
  /** One of them, from that address, is over, or was not made after all. */
  leave(remoteAddress: string): void;
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
  readonly #byAddress = new Map<string, number>();
  readonly #handshakes: RecentBuckets | undefined;
  /** One for all connections of a transport: it costs them nothing. */
  readonly #places = new Map<TransportName, Place>();
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
    return this.#byAddress.size;
  }

  /** A request came. Throws `rate-limited` when it is to make a resource, or a connection, and its address had many such. */
  knock(request: Request): void {
    if (!this.#handshakes || request.method === 'OPTIONS' || this.#belongs(request)) return;
    const bucket = this.#handshakes.of(networkOf(request.remoteAddress));
    if (!bucket.take(this.#parts.clock))
      throw limitReached('handshakesPerSecond', 'Too many clients connect from this address; slow down.');
  }

  /** A connection is to be made. Throws when there are enough; else it must `leave` its place, once. */
  enter(transport: TransportName, remoteAddress: string): Place {
    const { config, counters } = this.#parts;
    const { maxConnections, maxConnectionsPerAddress } = config;
    if (maxConnections > 0 && this.#connections >= maxConnections) throw limitReached('maxConnections');
    const network = networkOf(remoteAddress);
    const there = this.#byAddress.get(network) ?? 0;
    if (maxConnectionsPerAddress > 0 && there >= maxConnectionsPerAddress)
      throw limitReached('maxConnectionsPerAddress');
    this.#connections++;
    this.#byAddress.set(network, there + 1);
    counters.opened(transport);
    let place = this.#places.get(transport);
    if (!place) this.#places.set(transport, (place = { leave: (address) => this.leave(transport, address) }));
    return place;
  }

  /** A connection is over, or was not made after all. */
  leave(transport: TransportName, remoteAddress: string): void {
    const network = networkOf(remoteAddress);
    const left = (this.#byAddress.get(network) ?? 1) - 1;
    this.#connections--;
    if (left > 0) this.#byAddress.set(network, left);
    else this.#byAddress.delete(network);
    this.#parts.counters.closed(transport);
  }

  /** Whether a request is one of many of a resource that exists: a poll, a message, a goodbye. A new connection is none. */
  #belongs({ method, path, wire: { trackingId, transport } }: Request): boolean {
    if (trackingId === undefined || (method === 'GET' && !repeated.has(transport))) return false;
    return this.#parts.resources.find(trackingId)?.endpoint.path === path;
  }
}
