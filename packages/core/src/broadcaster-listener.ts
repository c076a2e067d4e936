import type { Broadcaster } from './broadcaster';
import type { Delivery } from './delivery';
import type { Port } from './ports';
import type { Resource } from './resource';

/** Told of what happens to broadcasters. Each callback is optional; one that throws is logged and disturbs nobody. */
export interface BroadcasterListener {
  /** The broadcaster was made. */
  onPostCreate?(broadcaster: Broadcaster): void;
  /** A message is on its way. */
  onMessage?(broadcaster: Broadcaster, message: unknown, delivery: Delivery): void;
  /** A message was written to all that are connected. */
  onComplete?(broadcaster: Broadcaster): void;
  /** The broadcaster is about to be destroyed; false keeps it. */
  onPreDestroy?(broadcaster: Broadcaster): boolean | void;
  onAddResource?(broadcaster: Broadcaster, resource: Resource): void;
  onRemoveResource?(broadcaster: Broadcaster, resource: Resource): void;
}

export const broadcasterListenerPort: Port<BroadcasterListener> = {
  is: 'a listener of broadcasters',
  methods: ['onPostCreate', 'onMessage', 'onComplete', 'onPreDestroy', 'onAddResource', 'onRemoveResource'],
  any: true,
};
