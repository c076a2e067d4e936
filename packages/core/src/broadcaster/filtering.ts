import type { Payload } from '@ionosphere/protocol';
import { isPayload, noPayload } from '../codec/codec';
import { namedReceivers } from '../log/durable-log';
import { runFilters, runFiltersFor, type Filter } from '../filters/filter';
import type { Logger } from '../logger';
import type { NamedReceivers } from '../log/message-log';
import type { Resource } from '../resource/resource';
import type { Coalescing } from '../resource/slow-clients';

/** A message on its way out: the value as it was broadcast, what the filters left of it, and how it is encoded. */
export interface Outgoing {
  readonly original: unknown;
  readonly message: unknown;
  readonly encode: (value: unknown) => Payload;
}

/** What a receiver gets; undefined when it gets nothing. */
export type View = (resource: Resource) => Payload | undefined;

/** What filters, if there are any, leave of a value, or of what a function gives; undefined when nothing is to be sent. */
export function pass(
  filtering: Filtering | undefined,
  value: unknown,
  encode: Outgoing['encode'],
): Outgoing | undefined {
  const original: unknown = typeof value === 'function' ? (value as () => unknown)() : value;
  const message = filtering ? filtering.run(original) : original;
  return message === undefined || message === null ? undefined : { original, message, encode };
}

/**
 * A message as it is sent.
 *
 * @param broadcaster name of the broadcaster, for errors
 * @param message what filters left of it for one receiver. Default: what they left of it for all.
 */
export function payloadOf(outgoing: Outgoing, broadcaster: string, message: unknown = outgoing.message): Payload {
  const payload: unknown = outgoing.encode(message);
  if (isPayload(payload)) return payload;
  throw noPayload(`Broadcaster "${broadcaster}": encode`, payload);
}

/** The filters of one broadcaster at work. */
export class Filtering {
  /** In the order in which a message passes them. */
  readonly filters: Filter[] = [];
  readonly #broadcaster: string;
  readonly #logger: Logger;

  constructor(broadcaster: string, logger: Logger) {
    this.#broadcaster = broadcaster;
    this.#logger = logger;
  }

  /** What the filters leave of a value. */
  run(value: unknown): unknown {
    return this.filters.length === 0 ? value : runFilters(this.filters, value, this.#broadcaster);
  }

  /** Whether a filter wants to decide for each receiver. */
  get perReceiver(): boolean {
    return this.filters.some((filter) => 'filterFor' in filter);
  }

  /** Who gets a message, of all, as a store can know it; undefined when a filter makes another of it for each of them. */
  named(all: readonly Resource[], chosen: readonly Resource[]): NamedReceivers | undefined {
    return this.perReceiver ? undefined : namedReceivers(all, chosen);
  }

  /**
   * How a message looks to each receiver; undefined when it looks the same to all.
   *
   * @param wanted whether a receiver gets it at all. Default: each does.
   * @param except uuid of the one that does not, where the message is not the same for all others
   */
  view(outgoing: Outgoing, wanted?: (resource: Resource) => boolean, except?: string): View | undefined {
    const { message, original } = outgoing;
    const filters = this.filters.filter((filter) => 'filterFor' in filter);
    if (filters.length === 0) {
      if (!wanted) return undefined;
      const payload = payloadOf(outgoing, this.#broadcaster);
      return (resource) => (wanted(resource) ? payload : undefined);
    }
    return (resource) => {
      if (resource.uuid === except || wanted?.(resource) === false) return undefined;
      // One receiver whose filter throws must not keep the message from the others, nor from itself what comes after it.
      return this.#attempt(resource, () => {
        const own = runFiltersFor(filters, message, { broadcaster: this.#broadcaster, original, resource });
        return own === undefined || own === null ? undefined : payloadOf(outgoing, this.#broadcaster, own);
      });
    };
  }

  /** A predicate that says no, and is logged, when it throws. */
  safely(predicate: (resource: Resource) => boolean): (resource: Resource) => boolean {
    return (resource) => this.#attempt(resource, () => predicate(resource)) === true;
  }

  /** What a message is about; undefined, and logged, when that can't be told. */
  keyOf(keyOf: Coalescing['keyOf'], message: unknown): string | undefined {
    try {
      return keyOf(message);
    } catch (cause) {
      this.#logger.error('The key of a message could not be told: nothing replaces it', {
        broadcaster: this.#broadcaster,
        cause,
      });
      return undefined;
    }
  }

  #attempt<T>(resource: Resource, run: () => T): T | undefined {
    try {
      return run();
    } catch (cause) {
      const fields = { broadcaster: this.#broadcaster, uuid: resource.uuid, cause };
      this.#logger.error('What one resource gets of a broadcast could not be decided: it gets nothing', fields);
      return undefined;
    }
  }
}
