import type { Resource } from './resource';
import { ResourceEvent } from './resource-event';

/**
 * Tells the service of a resource that it is connected.
 *
 * @param isNews whether it is more than one of a run of polls
 * @param returned whether it comes back, and is subscribed as before
 */
export function announce(resource: Resource, isNews: boolean, returned: boolean): void {
  const { out } = resource;
  const { gap } = out.owed;
  // A run of polls is announced once, and again when something was lost: never silently.
  if (!isNews && !gap) return;
  // The poll after the one that brought the handshake is no return: nothing was missed.
  const recovered = returned && resource.announced !== undefined && !gap;
  resource.announced = 'now';
  out.owed.gap = false;
  if (gap) out.parts.counters.gaps++;
  resource.listeners.tell('onSuspend', 'suspend');
  const { tellsFailures } = out.connection?.transport ?? {};
  resource.endpoint.welcome(new ResourceEvent('ready', resource, { recovered, gap }), tellsFailures);
}
