import { LengthPrefixReader } from '@ionosphere/protocol';
import { ClientError } from '../errors';
import { EventStreamReader } from '../event-stream';
import { readBody, refusalOf, request, lossOf, type BodyReader } from '../http';
import type { Link, LinkEnd, LinkParts } from '../link';

/** Server-sent events, read with `fetch`: it tells why the server refuses, and how long to wait, which EventSource does not. */
export function openSse(parts: LinkParts): Link {
  return openStream(parts, 'text/event-stream', new EventStreamReader((millis) => parts.listener.paced(millis)));
}

/** A body that never ends. */
export function openStreaming(parts: LinkParts): Link {
  return openStream(parts, 'text/plain', new LengthPrefixReader());
}

function openStream(parts: LinkParts, accept: string, reader: BodyReader): Link {
  const abort = new AbortController();
  const run = async (): Promise<LinkEnd> => {
    const response = await request(parts, parts.url(), { signal: abort.signal, headers: { Accept: accept } });
    if (!response.ok) return refusalOf(response, parts.environment.now());
    await readBody(response, reader, parts);
    return { kind: 'lost', error: new ClientError('unreachable', 'The server has ended the answer.') };
  };
  run()
    .catch(lossOf)
    .then((end) => abort.signal.aborted || parts.listener.ended(end))
    .catch(parts.environment.report);
  return { close: () => abort.abort() };
}
