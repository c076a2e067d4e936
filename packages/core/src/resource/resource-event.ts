import type { Broadcaster } from '../broadcaster/broadcaster';
import type { Resource } from './resource';

/** How a resource came to its end. */
export type Ending = 'cancelled' | 'closed-by-client' | 'closed-by-application';

/** What listeners are told of each. */
export const endCallbacks = {
  cancelled: 'onDisconnect',
  'closed-by-client': 'onDisconnect',
  'closed-by-application': 'onClose',
} as const;

/** What an event is about. */
export type ResourceEventType =
  'suspend' | 'ready' | 'resume' | 'heartbeat' | 'broadcast' | 'error' | 'disconnect' | 'round-trip';

/** What is special about an event. */
export interface ResourceEventFacts {
  readonly ending?: Ending;
  readonly recovered?: boolean;
  readonly gap?: boolean;
  /** The resource was resumed because its time was over. */
  readonly timeout?: boolean;
  readonly message?: unknown;
  readonly throwable?: unknown;
  readonly roundTripMillis?: number;
  /** What the resource was subscribed to when it ended. */
  readonly broadcasters?: readonly Broadcaster[];
}

/** What happened to a resource, as methods and listeners are told. */
export class ResourceEvent {
  constructor(
    readonly type: ResourceEventType,
    readonly resource: Resource,
    private readonly facts: ResourceEventFacts = {},
  ) {}

  /** The broadcaster of the resource's path. */
  get broadcaster(): Broadcaster {
    return this.resource.broadcaster;
  }

  /** All broadcasters that the resource is subscribed to; when it has ended, those that it was. */
  get broadcasters(): readonly Broadcaster[] {
    return this.facts.broadcasters ?? this.resource.broadcasters;
  }

  /** The value that is broadcast, for `onBroadcast`. */
  get message(): unknown {
    return this.facts.message;
  }

  /** What failed, for `onThrowable`; what the application closed the resource with. */
  get throwable(): unknown {
    return this.facts.throwable;
  }

  /** How long a ping and its answer were under way, in milliseconds, for `onRoundTrip`. */
  get roundTripMillis(): number | undefined {
    return this.facts.roundTripMillis;
  }

  /** The resource gets messages now. */
  get isSuspended(): boolean {
    return this.resource.isSuspended;
  }

  /** `resource.resume()` was called. */
  get isResuming(): boolean {
    return this.type === 'resume' && !this.isResumedOnTimeout;
  }

  /** The time that `suspend` gave was over. */
  get isResumedOnTimeout(): boolean {
    return this.facts.timeout === true;
  }

  /** The peer vanished, and did not come back in time. */
  get isCancelled(): boolean {
    return this.facts.ending === 'cancelled';
  }

  /** The client said that it leaves. */
  get isClosedByClient(): boolean {
    return this.facts.ending === 'closed-by-client';
  }

  /** `resource.close()`, or the server stopped. */
  get isClosedByApplication(): boolean {
    return this.facts.ending === 'closed-by-application';
  }

  /** The resource came back, and got all that it had missed. */
  get recovered(): boolean {
    return this.facts.recovered === true;
  }

  /** The resource came back, but something that it missed was no longer in the log. */
  get gap(): boolean {
    return this.facts.gap === true;
  }
}
