import type { Payload } from '@ionosphere/protocol';
import type { BroadcasterFactory } from '../broadcaster/broadcaster-factory';
import type { Call } from '../methods/call';
import type { Context } from '../resource/context';
import { DeclarationError, type Failure } from '../errors';
import type { Ending } from '../app/endings';
import type { FrameLayer } from '../codec/framing';
import type { HttpAnswer, HttpExchange } from '../request/http';
import type { Port } from '../settings/ports';
import type { Request } from '../request/request';
import type { Resource } from '../resource/resource';
import type { ResourceFactory } from '../resource/resource-factory';
import type { RoomManager } from '../rooms/room-manager';
import type { MaybePromise } from '../time/settle';
import type { Transport } from '../transport';

/** Where an interceptor stands: outside the framework's own, among them, or inside, next to the service. */
export type InterceptorPriority = 'BEFORE_DEFAULT' | 'DEFAULT' | 'AFTER_DEFAULT';

/** A message before it is decoded. */
export interface Arrival {
  readonly resource: Resource;
  readonly payload: Payload;
}

/** How the server and a client show each other that they live. */
export interface HeartbeatPlan {
  /** How long nothing may be written before the server sends a heartbeat, in seconds; 0 sends none. */
  readonly serverSeconds: number;
  /** How often the client is to send one, in seconds; 0 asks for none. */
  readonly clientSeconds: number;
  /** Text of a heartbeat. */
  readonly padding: string;
}

/**
 * Code around a service. Each method is optional; `next` runs the rest. A method that stays synchronous keeps the whole
 * path synchronous.
 */
export interface Interceptor extends Ending {
  /** Default: `AFTER_DEFAULT`. */
  readonly priority?: InterceptorPriority;
  /**
   * Whether `request` and `connect` look at nothing but what the request says, and set the same headers each time. When all
   * interceptors of a service are so, or have neither method, polls that say what the one before said call none of them, and
   * get the headers that were set. A class that extends it has it too. Default: no, and all of them see each poll.
   */
  readonly repeatable?: boolean;
  /** Called when a service is bound: once for each service that the interceptor is around, with the settings of that service. */
  init?(context: InterceptorContext): void;
  /**
   * Around every HTTP request on the service's path: connects, upgrades to WebSocket, messages by POST. Give what `next` gives
   * to let it pass, an answer to end it here, throw a `Failure` to refuse: what does none of these is `handler-failed`. Headers
   * that are set go with whatever answer there is.
   */
  request?(
    exchange: HttpExchange,
    next: Next<HttpExchange, HttpAnswer | undefined>,
  ): MaybePromise<HttpAnswer | undefined>;
  /** Around every connect, first or returning, on every transport. Throw a `Failure` to refuse. */
  connect?(request: Request, next: Next<Request, Resource>): MaybePromise<Resource>;
  /** Around every message, before it is decoded. Gives the failure to answer, if any. */
  arrival?(arrival: Arrival, next: Next<Arrival, Failure | undefined>): MaybePromise<Failure | undefined>;
  /** Around every decoded message. Its result is what the method returned: return another to change it, undefined to deliver nothing. */
  inbound?(call: Call, next: Next<Call, unknown>): MaybePromise<unknown>;
  /** Around every method that is called for an event or an HTTP verb, not for a message: `@Ready`, `@Disconnect`, `@Get` ... */
  event?(call: Call, next: Next<Call, unknown>): MaybePromise<unknown>;
  /** Whether a request that is no GET connects its client, instead of bringing a message. Default: no. */
  connects?(request: Request): boolean;
  /** Asked once per connection, and once for polls that say the same one after the other: what to put around each text that goes out. Undefined adds nothing. */
  framing?(request: Request): FrameLayer | undefined;
  /** Asked once per HTTP stream, and per poll that begins its answer before there is any: what to write first. Undefined adds nothing. */
  preamble?(request: Request, transport: Transport): string | undefined;
  /** Asked as `framing` is: the heartbeats. The last interceptor that has a plan decides; without one there are none. */
  heartbeat?(request: Request): HeartbeatPlan | undefined;
}

export const interceptorPort: Port<Interceptor> = {
  is: 'an interceptor',
  methods: [
    'init',
    'request',
    'connect',
    'arrival',
    'inbound',
    'event',
    'connects',
    'framing',
    'preamble',
    'heartbeat',
  ],
  any: true,
};

/** What an interceptor may use. */
export type InterceptorContext = Pick<Context, 'config' | 'logger' | 'timers' | 'now'> & {
  readonly resources: ResourceFactory;
  readonly broadcasters: BroadcasterFactory;
  readonly rooms: RoomManager;
};

/** The rest of the chain. */
export type Next<In, Out> = (input: In) => MaybePromise<Out>;

/** One function out of a chain of stages, the first outermost. Done once, at bind. */
export function fold<In, Out>(
  stages: readonly ((input: In, next: Next<In, Out>) => MaybePromise<Out>)[],
  last: Next<In, Out>,
): Next<In, Out> {
  return stages.reduceRight<Next<In, Out>>((next, stage) => (input) => stage(input, next), last);
}

/** The stages of one kind that interceptors have, bound to them. */
export function stagesOf<K extends Exclude<keyof Interceptor, 'priority' | 'repeatable'>>(
  interceptors: readonly Interceptor[],
  kind: K,
): NonNullable<Interceptor[K]>[] {
  return interceptors.flatMap((interceptor) => {
    const stage = interceptor[kind];
    return stage ? [stage.bind(interceptor) as NonNullable<Interceptor[K]>] : [];
  });
}

const order: readonly InterceptorPriority[] = ['BEFORE_DEFAULT', 'DEFAULT', 'AFTER_DEFAULT'];

/** Interceptors by priority, else in the order given. Throws when one has a priority that there is not. */
export function inOrder(service: string, interceptors: readonly Interceptor[]): Interceptor[] {
  const rank = ({ priority = 'AFTER_DEFAULT' }: Interceptor): number => order.indexOf(priority);
  const lost = interceptors.find((interceptor) => rank(interceptor) < 0);
  if (lost) {
    throw new DeclarationError(
      `${service}: the priority of the interceptor ${lost.constructor.name} is ${JSON.stringify(lost.priority)}; it must be ${order.join(', ')}`,
    );
  }
  return [...interceptors].sort((a, b) => rank(a) - rank(b));
}
