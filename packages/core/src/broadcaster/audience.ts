import type { Resource } from '../resource/resource';

/** Who gets a broadcast: one resource, several, or the subscribers of whom something is true. */
export type Receivers = Resource | Iterable<Resource> | Condition;

/** Whether a resource gets a broadcast. */
export type Condition = (resource: Resource) => boolean;

/** Who gets a broadcast, in the form in which it costs least. */
export interface Audience {
  /** Default: every subscriber. */
  readonly to: Receivers | undefined;
  /** The one subscriber that does not get what all others get. */
  readonly left: Resource | undefined;
}

export const everybody: Audience = { to: undefined, left: undefined };

/** A function of its own, because each call of one that makes a closure pays for it. */
export function allBut(left: Resource): Condition {
  return (resource) => resource !== left;
}

/** What `to` and `except` of a broadcast mean together. */
export function audienceOf({ to, except }: { readonly to?: Receivers; readonly except?: Receivers }): Audience {
  if (except === undefined) return { to, left: undefined };
  const isLeft = isOneOf(except);
  if (to === undefined) {
    const left = onlyOne(except);
    return left ? { to: undefined, left } : { to: (resource) => !isLeft(resource), left: undefined };
  }
  if (typeof to === 'function') return { to: (resource) => !isLeft(resource) && to(resource), left: undefined };
  const named = Symbol.iterator in to ? [...to] : [to];
  return { to: named.filter((resource) => !isLeft(resource)), left: undefined };
}

function onlyOne(receivers: Receivers): Resource | undefined {
  return typeof receivers === 'function' || Symbol.iterator in receivers ? undefined : receivers;
}

function isOneOf(receivers: Receivers): (resource: Resource) => boolean {
  if (typeof receivers === 'function') return receivers;
  const named = new Set(Symbol.iterator in receivers ? receivers : [receivers]);
  return (resource) => named.has(resource);
}
