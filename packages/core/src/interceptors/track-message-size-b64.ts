import { lengthPrefixed } from '@ionosphere/protocol';
import type { FrameLayer } from '../codec/framing';
import type { Request } from '../request/request';
import { TrackMessageSizeInterceptor } from './track-message-size';

/**
 * Puts each text into base64 (of its UTF-8 bytes), with the length of that in front, for the clients that ask for a length.
 * The application in the client decodes it; handshakes and heartbeats, which the client's library reads, are as ever. Takes
 * the place of `TrackMessageSizeInterceptor`.
 */
export class TrackMessageSizeB64Interceptor extends TrackMessageSizeInterceptor {
  readonly #layer: FrameLayer = {
    id: `base64 length${this.delimiter}`,
    delimits: true,
    frame: (text) => lengthPrefixed(Buffer.from(text).toString('base64'), this.delimiter),
    frameControl: (text) => lengthPrefixed(text, this.delimiter),
  };

  override framing(request: Request): FrameLayer | undefined {
    return super.framing(request) && this.#layer;
  }
}
