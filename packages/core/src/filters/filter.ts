import type { Ending } from '../app/endings';
import type { Port } from '../settings/ports';
import type { Resource } from '../resource/resource';

/** What a filter decided: pass on to the next filter, drop the message, or send it as it is now. */
export type FilterAction =
  { readonly action: 'CONTINUE' | 'SKIP'; readonly message: unknown } | { readonly action: 'ABORT' };

/** Sees every value that is broadcast, before it is encoded. */
export interface Filter extends Ending {
  filter(message: unknown, context: FilterContext): FilterAction;
  /**
   * Asked besides, for each receiver, when it is about to get the message; so a broadcast costs a call and an encoding per
   * receiver. ABORT keeps the message from this receiver alone. Default: every receiver gets the same.
   */
  filterFor?(message: unknown, context: FilterContext & { readonly resource: Resource }): FilterAction;
}

export const filterPort: Port<Filter> = { is: 'a filter', methods: ['filter'] };

/** What a filter may know besides the message. */
export interface FilterContext {
  /** Name of the broadcaster. */
  readonly broadcaster: string;
  /** The value as it was broadcast, before any filter. */
  readonly original: unknown;
}

/** The message that one receiver gets; undefined when a filter keeps it from them. */
export function runFiltersFor(
  filters: readonly Filter[],
  message: unknown,
  context: FilterContext & { readonly resource: Resource },
): unknown {
  let current = message;
  for (const filter of filters) {
    const result = filter.filterFor?.(current, context);
    if (!result) continue;
    if (result.action === 'ABORT') return undefined;
    current = result.message;
    if (result.action === 'SKIP') break;
  }
  return current;
}

/** The message that is left when all filters had their say; undefined when one dropped it. */
export function runFilters(filters: readonly Filter[], message: unknown, broadcaster: string): unknown {
  const context = { broadcaster, original: message };
  let current = message;
  for (const filter of filters) {
    const result = filter.filter(current, context);
    if (result.action === 'ABORT') return undefined;
    current = result.message;
    if (result.action === 'SKIP') break;
  }
  return current;
}
