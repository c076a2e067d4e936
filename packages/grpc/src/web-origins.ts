import { CorsInterceptor, Request, type App, type WebCall } from '@ionosphere/core';
import { RETRY_HINT } from './answers';
import { Trailer } from './status';

/** What pages may read of an answer, besides what `CorsInterceptor` lets them. */
const exposed = ['Grpc-Status', 'Grpc-Message', 'Grpc-Status-Details-Bin', Trailer.failure, RETRY_HINT, 'Retry-After'];

/** Sets headers of an answer. What pages may read of an answer to HTTP is not all that they must of this one. */
export function headerSetter(call: WebCall): (name: string, value: string) => void {
  return (name, value) =>
    call.setHeader(name, name === 'Access-Control-Expose-Headers' ? [value, ...exposed].join(', ') : value);
}

const TOKENS = /^[\w!#$%&'*+.^`|~-]+(?:\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/;
const MAX_HEADERS_LENGTH = 4096;

/**
 * Tells pages from elsewhere that they may ask, and read answers. Which service they ask for stands in the body, so a page
 * that may speak to any of them may ask; whether it may speak to this one is decided by its own interceptors, as ever.
 */
export class WebOrigins {
  constructor(private readonly app: App) {}

  /** Sets what lets the page read the answer; tells whether it may. */
  admit(call: WebCall): boolean {
    const { headers, remoteAddress } = call;
    if (!headers.has('origin')) return false;
    const request = new Request({ method: 'POST', path: '/', headers, remoteAddress }, this.app.config);
    try {
      this.#cors().check({ request, setHeader: headerSetter(call) });
      return true;
    } catch {
      return false;
    }
  }

  /** Answers what a browser asks before it sends a call of a page from elsewhere. */
  preflight(call: WebCall, isAllowed: boolean): void {
    if (!isAllowed) return call.end(403, [], '');
    const asked = call.headers.get('access-control-request-headers') ?? '';
    // Metadata of a call are headers, and the application's to choose.
    const allowed = asked.length <= MAX_HEADERS_LENGTH && TOKENS.test(asked) ? asked : 'Content-Type';
    call.end(
      204,
      [
        ['Access-Control-Allow-Methods', 'POST'],
        ['Access-Control-Allow-Headers', allowed],
        ['Access-Control-Max-Age', '600'],
      ],
      '',
    );
  }

  /** Made for each page from elsewhere that asks: services may come at any time. */
  #cors(): CorsInterceptor {
    const settings = [this.app, ...this.app.services].map(({ config }) => config);
    const telling = settings.filter(({ accessControlHeaders }) => accessControlHeaders);
    if (telling.length === 0) return new CorsInterceptor([], { headers: false });
    return new CorsInterceptor([...new Set(telling.flatMap(({ allowedOrigins }) => allowedOrigins))]);
  }
}
