import type { Payload } from '@ionosphere/protocol';
import type { Subscription } from './fanout';
import type { View } from './filtering';

/**
 * What is being decided of a message that is not the same for all: what each member of a native group gets, for it is written
 * to them one by one. It is decided before the message has its number, because who decides may broadcast or send: what
 * is sent meanwhile comes before it, to everybody. Who is subscribed no more by then was so when it was broadcast, and gets it all the same.
 */
export class Decisions {
  readonly #own = new Map<Subscription, Payload | undefined>();
  /** Those that have ended while it was decided. */
  readonly leavers: Subscription[] = [];

  constructor(private readonly view: View) {}

  /** Decides for all of these that are in a group by then, and for those that end meanwhile. */
  decide(subscriptions: readonly Subscription[]): void {
    for (const subscription of subscriptions) if (subscription.live === 'group') this.payloadFor(subscription);
    // There may be more of them with each.
    for (const leaver of this.leavers) this.payloadFor(leaver);
  }

  /** What it gets; undefined when it gets nothing. Who has come meanwhile is decided on now. */
  payloadFor(subscription: Subscription): Payload | undefined {
    if (!this.#own.has(subscription)) this.#own.set(subscription, this.view(subscription.resource));
    return this.#own.get(subscription);
  }
}
