import type { Interceptor } from './interceptor';
import type { Request } from '../request/request';
import type { Transport } from '../transport';

/** What makes a classic client believe in a stream. */
const STREAM_PADDING = `${' '.repeat(2048)}\n`;

/**
 * Whitespace before anything else for the clients before version 5, which call themselves open on the first bytes. Newer
 * ones would take it for a message and get none.
 */
export class PaddingInterceptor implements Interceptor {
  readonly priority = 'DEFAULT';

  preamble({ wire }: Request, transport: Transport): string | undefined {
    const major = wire.framework?.[0];
    if (major === undefined || major >= 5) return undefined;
    return transport.oneShot ? ' ' : STREAM_PADDING;
  }
}
