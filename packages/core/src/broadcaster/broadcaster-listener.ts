import type { Broadcaster } from './broadcaster';
import type { Delivery } from './delivery';
import type { Port } from '../settings/ports';
import type { Resource } from '../resource/resource';
import { reporting } from '../time/settle';

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

/** Asks every listener, those that throw included; false when one said false. */
export function askAll(
  listeners: readonly BroadcasterListener[],
  ask: (listener: BroadcasterListener) => boolean | void,
  onError: (cause: unknown) => void,
): boolean {
  let agreed = true;
  for (const listener of listeners) if (reporting(() => ask(listener), onError) === false) agreed = false;
  return agreed;
}
