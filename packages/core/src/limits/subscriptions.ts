import type { Resource } from '../resource/resource';
import { limitReached } from './limits';

/** Throws `too-many-subscriptions` when there is no room for one more. */
export function checkSubscriptions({ broadcasters, endpoint }: Resource): void {
  const { maxSubscriptions } = endpoint.service.config;
  if (maxSubscriptions > 0 && broadcasters.length >= maxSubscriptions) throw limitReached('maxSubscriptions');
}
