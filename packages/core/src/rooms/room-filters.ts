import { runFilters, runFiltersFor, type Filter, type FilterAction, type FilterContext } from '../filters/filter';
import type { Logger } from '../logger';
import type { Resource } from '../resource/resource';

type ReceiverContext = FilterContext & { readonly resource: Resource };

/** Lets the application's filters see what is said in rooms: the data, not what a room puts around it. */
export class RoomFilters implements Filter {
  constructor(
    private readonly filters: readonly Filter[],
    private readonly logger: Logger,
  ) {}

  /** Whether a filter wants to decide for each receiver; then this is to be a filter of the room's broadcasters. */
  get perReceiver(): boolean {
    return this.filters.some((filter) => 'filterFor' in filter);
  }

  /** What is left of the data; undefined when a filter dropped it. */
  run(data: unknown, room: string): unknown {
    return this.filters.length === 0 ? data : runFilters(this.filters, data, room);
  }

  /** What is left of it for one receiver; undefined when it gets nothing, as when a filter throws. */
  runFor(data: unknown, context: ReceiverContext): unknown {
    try {
      return runFiltersFor(this.filters, data, context);
    } catch (cause) {
      const { broadcaster, resource } = context;
      this.logger.error('A filter failed: the resource gets nothing', { broadcaster, uuid: resource.uuid, cause });
      return undefined;
    }
  }

  filter(signal: unknown): FilterAction {
    return { action: 'CONTINUE', message: signal };
  }

  filterFor(signal: unknown, context: ReceiverContext): FilterAction {
    const { kind, data } = signal as { readonly kind?: unknown; readonly data?: unknown };
    if (kind !== 'message') return this.filter(signal);
    const own = this.runFor(data, { ...context, original: data });
    if (own === undefined) return { action: 'ABORT' };
    return this.filter(own === data ? signal : { ...(signal as object), data: own });
  }
}
