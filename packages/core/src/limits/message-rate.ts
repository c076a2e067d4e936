import type { Config } from '../settings/config';
import type { Counters } from './counters';
import type { Failure } from '../errors';
import type { Resource } from '../resource/resource';
import { limitReached } from './limits';
import { networkOf } from './network';
import { RecentBuckets, TokenBucket, type Rate } from './token-bucket';

/** How many addresses of those without a connection are remembered at most. */
const ADDRESSES = 10_000;

/** How many messages a resource of one service may send: the limits of `rateLimit...`. */
export class MessageRate {
  readonly #rate: Rate;
  readonly #policy: Config['rateLimitPolicy'];
  readonly #counters: Counters;
  readonly #visitors: RecentBuckets;

  private constructor(config: Config, counters: Counters) {
    const { rateLimitMessages, rateLimitSeconds, rateLimitBurst, rateLimitPolicy } = config;
    this.#rate = {
      capacity: Math.min(rateLimitMessages, rateLimitBurst),
      perMilli: rateLimitMessages / (rateLimitSeconds * 1000),
    };
    this.#policy = rateLimitPolicy;
    this.#counters = counters;
    this.#visitors = new RecentBuckets(ADDRESSES, this.#rate);
  }

  /** Undefined when any number is allowed. */
  static of(config: Config, counters: Counters): MessageRate | undefined {
    return config.rateLimitMessages > 0 ? new MessageRate(config, counters) : undefined;
  }

  bucket(): TokenBucket {
    return new TokenBucket(this.#rate);
  }

  /** A resource that is there for a single message would always have a full bucket: its address has one. */
  bucketOfVisitor({ request }: Resource): TokenBucket {
    return this.#visitors.of(networkOf(request.remoteAddress));
  }

  /** What becomes of a message too many: gives the failure to answer, if any. */
  exceeded(resource: Resource): Failure | undefined {
    const failure = limitReached('rateLimitMessages');
    if (this.#policy === 'drop') {
      this.#counters.failed(failure);
      return undefined;
    }
    resource.refuse(failure);
    if (this.#policy === 'disconnect') resource.close(failure);
    return failure;
  }
}
