import { DeclarationError, type Failure } from '../errors';
import type { HttpAnswer, HttpExchange } from '../request/http';
import type { Arrival, Interceptor, InterceptorContext, Next } from './interceptor';
import type { Request } from '../request/request';
import type { Resource } from '../resource/resource';
import type { MaybePromise } from '../time/settle';
import { limitReached } from '../limits/limits';
import { networkOf } from '../limits/network';
import { RecentBuckets, TokenBucket, type Rate } from '../limits/token-bucket';

/** What becomes of a message too many: nobody hears of it, its sender is told, or the sender's connection is closed too. */
export type RateLimitPolicy = 'drop' | 'refuse' | 'disconnect';

/** Options of `RateLimitingInterceptor`. */
export interface RateLimitingOptions {
  /** How many messages a resource may send in `perSeconds`, at once or spread. Default 100. */
  readonly messages?: number;
  /** Default 60. */
  readonly perSeconds?: number;
  /** How many clients may connect from one address in a second; they are refused with `rate-limited`. Default: any number. */
  readonly handshakesPerSecond?: number;
  /** Default `refuse`: the sender gets `rate-limited`. */
  readonly policy?: RateLimitPolicy;
  /** Whose a request is, for instance by a header of the proxy in front. Default: its remote address, of IPv6 the network (/64). */
  readonly addressOf?: (request: Request) => string;
  /** How many addresses are remembered; the one that was seen longest ago is forgotten first. Default 10 000. */
  readonly maxAddresses?: number;
}

/** Transports whose GETs are no new connections. */
const repeated = new Set<string | undefined>(['long-polling', 'polling', 'jsonp', 'close']);

const policies: ReadonlySet<unknown> = new Set<RateLimitPolicy>(['drop', 'refuse', 'disconnect']);

/**
 * Limits how many messages a resource may send, and how often clients of one address may connect. A POST of a client that
 * has no connection counts as a connect, and as a message of its address. Polls, and messages of resources that exist, are
 * no connects. Name it before an `AuthInterceptor`, which it then protects.
 */
export class RateLimitingInterceptor implements Interceptor {
  readonly priority = 'BEFORE_DEFAULT';
  readonly #policy: RateLimitPolicy;
  readonly #addressOf: (request: Request) => string;
  readonly #rate: Rate;
  readonly #buckets = new WeakMap<Resource, TokenBucket>();
  readonly #visitors: RecentBuckets;
  readonly #handshakes: RecentBuckets | undefined;
  readonly #retrySeconds: string;
  readonly #counted = new WeakSet<Request>();
  #context!: InterceptorContext;

  constructor(options: RateLimitingOptions = {}) {
    const { messages = 100, perSeconds = 60, handshakesPerSecond, policy = 'refuse', maxAddresses = 10_000 } = options;
    const numbers = {
      messages,
      perSeconds,
      maxAddresses,
      ...(handshakesPerSecond !== undefined && { handshakesPerSecond }),
    };
    for (const [name, value] of Object.entries(numbers))
      if (!(value > 0) || value === Infinity)
        throw new DeclarationError(`RateLimitingInterceptor: ${name} is ${value}; it must be a number above 0`);
    if (!policies.has(policy))
      throw new DeclarationError(
        `RateLimitingInterceptor: the policy is ${JSON.stringify(policy)}; it must be drop, refuse or disconnect`,
      );
    this.#policy = policy;
    this.#addressOf = options.addressOf ?? (({ remoteAddress }) => networkOf(remoteAddress));
    this.#rate = { capacity: messages, perMilli: messages / (perSeconds * 1000) };
    this.#visitors = new RecentBuckets(maxAddresses, this.#rate);
    this.#handshakes =
      handshakesPerSecond === undefined
        ? undefined
        : new RecentBuckets(maxAddresses, { capacity: handshakesPerSecond, perMilli: handshakesPerSecond / 1000 });
    this.#retrySeconds = String(Math.ceil(1 / (handshakesPerSecond ?? 1)));
  }

  init(context: InterceptorContext): void {
    this.#context = context;
  }

  request(
    exchange: HttpExchange,
    next: Next<HttpExchange, HttpAnswer | undefined>,
  ): MaybePromise<HttpAnswer | undefined> {
    if (!this.#mayConnect(exchange.request)) {
      exchange.setHeader('Retry-After', this.#retrySeconds);
      throw tooMany();
    }
    return next(exchange);
  }

  connect(request: Request, next: Next<Request, Resource>): MaybePromise<Resource> {
    if (!this.#mayConnect(request)) throw tooMany();
    return next(request);
  }

  arrival(arrival: Arrival, next: Next<Arrival, Failure | undefined>): MaybePromise<Failure | undefined> {
    const { resource } = arrival;
    const bucket = this.#buckets.get(resource) ?? this.#bucketFor(resource);
    if (bucket.take(this.#context)) return next(arrival);
    if (this.#policy === 'drop') return undefined;
    const failure = limitReached('rateLimitMessages', 'Too many messages; slow down.');
    if (this.#policy === 'disconnect') resource.close(failure);
    throw failure;
  }

  /** Counts a request that is to make a resource, wherever it is seen first: the wire has one more place than memory. */
  #mayConnect(request: Request): boolean {
    if (!this.#handshakes || this.#counted.has(request) || this.#belongs(request)) return true;
    this.#counted.add(request);
    return this.#handshakes.of(this.#addressOf(request)).take(this.#context);
  }

  /** Whether a request is one of many of a resource that exists: a poll, a message, a goodbye. A new connection is none. */
  #belongs({ method, path, wire: { trackingId, transport } }: Request): boolean {
    if (trackingId === undefined) return false;
    return (
      (method !== 'GET' || repeated.has(transport)) && this.#context.resources.find(trackingId)?.endpoint.path === path
    );
  }

  #bucketFor(resource: Resource): TokenBucket {
    // One that is there for a single message alone would always have a full bucket.
    if (this.#context.resources.find(resource.uuid) !== resource)
      return this.#visitors.of(this.#addressOf(resource.request));
    const bucket = new TokenBucket(this.#rate);
    this.#buckets.set(resource, bucket);
    return bucket;
  }
}

function tooMany(): Failure {
  return limitReached('handshakesPerSecond', 'Too many clients connect from this address; slow down.');
}
