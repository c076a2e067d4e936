import type { Resource } from '../resource/resource';
import { limitReached } from './limits';

/** Throws `too-many-subscriptions` when there is no room for one more. */
export function checkSubscriptions({ out, endpoint }: Resource): void {
  const { maxSubscriptions } = endpoint.service.config;
  if (maxSubscriptions > 0 && out.owed.count >= maxSubscriptions) throw limitReached('maxSubscriptions');
}
