import { Failure } from '@ionosphere/core';
import { Header, Parameter } from '@ionosphere/protocol';
import type { Exchange, HeaderPair } from './exchange';

const exposed = [
  Header.trackingId,
  Parameter.heartbeat,
  Header.sessionToken,
  Header.authRefresh,
  Header.authExpired,
  Header.error,
].join(', ');
const allowed = ['Origin', 'X-Requested-With', 'Last-Event-ID', ...Object.values(Parameter)].join(', ');

/** Which pages may talk to the server. */
export class OriginPolicy {
  readonly #allowed: ReadonlySet<string>;

  /** @param origins origins besides the server's own, such as `https://app.example.org`; `*` stands for all. */
  constructor(origins: readonly string[]) {
    for (const origin of origins) {
      if (origin !== '*' && (!isOrigin(origin) || origin.includes('*'))) {
        throw new RangeError(
          `allowedOrigins: "${origin}" is no origin; write it as https://app.example.org, without a path, or "*" for all`,
        );
      }
    }
    this.#allowed = new Set(origins.map((origin) => origin.toLowerCase()));
  }

  /**
   * Refuses a request of a page from elsewhere (RFC 6455, 10.2): browsers send it with the user's cookies. Programs that
   * are no browsers send no Origin and pass. Lets the pages that are allowed read the answer.
   */
  check(exchange: Exchange): void {
    const origin = exchange.headers.get('origin');
    if (origin === undefined) return;
    if (!this.#passes(origin, exchange.headers.get('host'))) throw new Failure('origin-refused');
    exchange.responseHeaders.push(
      ['Access-Control-Allow-Origin', origin],
      ['Access-Control-Allow-Credentials', 'true'],
      ['Access-Control-Expose-Headers', exposed],
      ['Vary', 'Origin'],
    );
  }

  #passes(origin: string, host: string | undefined): boolean {
    if (this.#allowed.has(origin)) return true;
    if (!isOrigin(origin)) return false;
    return this.#allowed.has('*') || (host !== undefined && sameHost(origin, host));
  }
}

/** What a preflight is told besides the headers that every answer gets. */
export function preflightHeaders(methods: string): readonly HeaderPair[] {
  return [
    ['Access-Control-Allow-Methods', methods],
    ['Access-Control-Allow-Headers', allowed],
    ['Access-Control-Max-Age', '600'],
  ];
}

function isOrigin(text: string): boolean {
  try {
    const { origin, protocol, host } = new URL(text);
    // Apps in a web view have schemes of their own, such as capacitor://localhost; for URL these have no origin.
    return host !== '' && (origin === 'null' ? `${protocol}//${host}` : origin) === text.toLowerCase();
  } catch {
    return false;
  }
}

/** Host of the page equals the host that was asked; a default port counts as none. */
function sameHost(origin: string, host: string): boolean {
  const url = new URL(origin);
  try {
    return new URL(`${url.protocol}//${host}`).host === url.host;
  } catch {
    return false;
  }
}
