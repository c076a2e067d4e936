import type { FrameLayer } from './framing';
import type { Request } from './request';
import type { Call } from './call';
import type { Resource } from './resource';
import type { MaybePromise } from './settle';

/** Where an interceptor stands: outside the framework's own, among them, or inside, next to the service. */
export type InterceptorPriority = 'BEFORE_DEFAULT' | 'DEFAULT' | 'AFTER_DEFAULT';

/**
 * Code around a service. Each method is optional; `next` runs the rest. A method that stays synchronous keeps the whole
 * path synchronous.
 */
export interface Interceptor {
  /** Default: `AFTER_DEFAULT`. */
  readonly priority?: InterceptorPriority;
  /** Around every connect, first or returning. Throw a `Failure` to refuse. */
  connect?(request: Request, next: Next<Request, Resource>): MaybePromise<Resource>;
  /** Around every decoded message. Its result is what the method returned: return another to change it, undefined to deliver nothing. */
  inbound?(call: Call, next: Next<Call, unknown>): MaybePromise<unknown>;
  /** Asked once per connection: what to put around each text that goes out. Undefined adds nothing. */
  framing?(request: Request): FrameLayer | undefined;
}

/** The rest of the chain. */
export type Next<In, Out> = (input: In) => MaybePromise<Out>;

/** One function out of a chain of stages, the first outermost. Done once, at bind. */
export function fold<In, Out>(
  stages: readonly ((input: In, next: Next<In, Out>) => MaybePromise<Out>)[],
  last: Next<In, Out>,
): Next<In, Out> {
  return stages.reduceRight<Next<In, Out>>((next, stage) => (input) => stage(input, next), last);
}

const order: readonly InterceptorPriority[] = ['BEFORE_DEFAULT', 'DEFAULT', 'AFTER_DEFAULT'];

/** Interceptors by priority, else in the order given. */
export function inOrder(interceptors: readonly Interceptor[]): Interceptor[] {
  const rank = (interceptor: Interceptor): number => order.indexOf(interceptor.priority ?? 'AFTER_DEFAULT');
  return [...interceptors].sort((a, b) => rank(a) - rank(b));
}
