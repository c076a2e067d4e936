import type { Broadcaster } from './broadcaster';
import type { Resource } from './resource';

/** How a resource came to its end. */
export type Ending = 'cancelled' | 'closed-by-client' | 'closed-by-application';

/** What happened to a resource, as `@Ready`, `@Disconnect` and `@Heartbeat` are told. */
export class ResourceEvent {
  constructor(
    readonly type: 'ready' | 'disconnect' | 'heartbeat',
    readonly resource: Resource,
    private readonly facts: { readonly ending?: Ending; readonly recovered?: boolean; readonly gap?: boolean } = {},
  ) {}

  /** The broadcaster of the resource's path. */
  get broadcaster(): Broadcaster {
    return this.resource.broadcaster;
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

  /** Atmosphere's flag of a suspend timeout. Here a resource is suspended for as long as it lives, so it is always false. */
  get isResumedOnTimeout(): boolean {
    return false;
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
