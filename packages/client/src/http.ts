import { Header } from '@ionosphere/protocol';
import { asClientError, ClientError, parseFailure } from './errors';
import type { LinkEnd, LinkParts } from './link';
import { retryAfterMillis } from './retry-hint';

/** What reads messages out of a body. */
export interface BodyReader {
  read(chunk: string): string[];
}

/** What a request is made with. */
export type HttpParts = Pick<LinkParts, 'settings' | 'environment'>;

/** A request with what the application wants on all of them. */
export function request({ settings, environment }: HttpParts, url: string, init: RequestInit): Promise<Response> {
  const { fetch } = environment;
  if (!fetch) return Promise.reject(new ClientError('unsupported', 'There is no fetch here.'));
  const { credentials, headers } = settings;
  return fetch(url, { cache: 'no-store', credentials, ...init, headers: { ...headers, ...init.headers } });
}

/** Reads an answer as it comes. Resolves when it has ended; rejects when it broke, or was aborted. */
export async function readBody(
  response: Response,
  reader: BodyReader,
  { listener }: Pick<LinkParts, 'listener'>,
): Promise<void> {
  const body = response.body?.getReader();
  if (!body) throw new ClientError('unsupported', 'Answers can not be read as they come here.');
  // Drops a byte order mark, which this wire begins bodies with.
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await body.read();
    if (done) return;
    listener.heard();
    for (const message of reader.read(decoder.decode(value, { stream: true }))) listener.received(message);
  }
}

/** Id of the resource that an answer is for; undefined where a page may not see it. */
export function idOf(response: Response): string | undefined {
  return response.headers.get(Header.trackingId) ?? undefined;
}

/** What an answer other than 200 says of the connection. */
export async function refusalOf(response: Response, now: number): Promise<LinkEnd> {
  const retryMillis = retryAfterMillis(response.headers.get('Retry-After'), now);
  const text = await response.text().catch(() => '');
  const failure = parseFailure(text);
  if (!failure) {
    // Not from the server: something on the way, which may let another transport through.
    const error = new ClientError('unreachable', `The answer was ${response.status} ${response.statusText}`);
    return { kind: response.status < 500 && response.status !== 429 ? 'unfit' : 'lost', error, retryMillis };
  }
  if (unfit.has(failure.code)) return { kind: 'unfit', error: failure };
  const lost = failure.retry || failure.code === 'unknown-resource' || failure.code === 'handler-failed';
  return { kind: lost ? 'lost' : 'refused', error: failure, retryMillis };
}

const unfit = new Set<string>(['unknown-transport', 'unsupported-transport', 'upgrade-required']);

/** What a request that failed says of the connection: browsers say no more than that. */
export function lossOf(error: unknown): LinkEnd {
  return {
    kind: error instanceof ClientError && error.code === 'unsupported' ? 'unfit' : 'lost',
    error: asClientError(error),
  };
}
