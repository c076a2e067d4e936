import { Broadcaster, type BroadcastOptions, type Receivers } from '../broadcaster';
import type { Delivery } from '../delivery';
import type { Resource } from '../resource';

/** How a value is broadcast, and who does not get it. */
export interface ExcludeOptions extends BroadcastOptions {
  /** One resource, several, or those of whom something is true. They count even where `to` names them. */
  readonly except?: Receivers;
}

/**
 * Can leave resources out, such as the sender: `broadcast(message, { except: resource })`. Stands for Atmosphere's
 * `ExcludeSessionBroadcaster`. A broadcast with `except` is written to each receiver by itself, also over WebSocket.
 */
export class ExcludeResourceBroadcaster extends Broadcaster {
  override broadcast(value: unknown, { except, ...options }: ExcludeOptions = {}): Delivery {
    if (except === undefined) return super.broadcast(value, options);
    const left = isOneOf(except);
    const { to } = options;
    if (to === undefined || typeof to === 'function')
      return super.broadcast(value, { ...options, to: (resource) => !left(resource) && (to?.(resource) ?? true) });
    const named = Symbol.iterator in to ? [...to] : [to];
    return super.broadcast(value, { ...options, to: named.filter((resource) => !left(resource)) });
  }
}

function isOneOf(receivers: Receivers): (resource: Resource) => boolean {
  if (typeof receivers === 'function') return receivers;
  const named = new Set(Symbol.iterator in receivers ? receivers : [receivers]);
  return (resource) => named.has(resource);
}
