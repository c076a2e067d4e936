import { DEFAULT_DELIMITER, lengthPrefixed } from '@ionosphere/protocol';
import type { FrameLayer } from '../codec/framing';
import type { Interceptor } from './interceptor';
import type { Request } from '../request/request';

/** Options of `TrackMessageSizeInterceptor`. */
export interface TrackMessageSizeOptions {
  /** Stands between length and text; the client must be told the same. Default `|`. */
  readonly delimiter?: string;
  /** Content types that are never framed: a resource whose content type contains one of these is left alone. Default: none. */
  readonly excludedContentTypes?: readonly string[];
  /** Content type of a WebSocket whose client names none. Default: none. */
  readonly webSocketContentType?: string;
}

/**
 * Puts its length in front of every text for the clients that ask for it (`X-Atmosphere-TrackMessageSize`), so that they
 * can cut joined messages apart. Says once per connection which framing it gets; the framing runs once per broadcast.
 */
export class TrackMessageSizeInterceptor implements Interceptor {
  readonly priority = 'DEFAULT';
  protected readonly delimiter: string;
  readonly #layer: FrameLayer;
  readonly #excluded: readonly string[];
  readonly #webSocketContentType: string;

  constructor(options: TrackMessageSizeOptions = {}) {
    const delimiter = options.delimiter ?? DEFAULT_DELIMITER;
    if (delimiter === '' || /\d/.test(delimiter))
      throw new RangeError(`TrackMessageSizeInterceptor: the delimiter "${delimiter}" can't be told from a length`);
    this.delimiter = delimiter;
    this.#layer = { id: `length${delimiter}`, delimits: true, frame: (text) => lengthPrefixed(text, delimiter) };
    this.#webSocketContentType = options.webSocketContentType ?? '';
    this.#excluded = (options.excludedContentTypes ?? [])
      .map((type) => type.trim().toLowerCase())
      .filter((type) => type !== '');
  }

  framing(request: Request): FrameLayer | undefined {
    if (!request.wire.trackMessageSize) return undefined;
    const { contentType = request.header('upgrade') === undefined ? '' : this.#webSocketContentType } = request.wire;
    return this.#excluded.some((type) => contentType.toLowerCase().includes(type)) ? undefined : this.#layer;
  }
}
