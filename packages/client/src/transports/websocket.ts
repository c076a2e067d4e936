import { asClientError, ClientError, failureOfClose, passing } from '../errors';
import type { Socket } from '../environment';
import type { Link, LinkEnd, LinkParts } from '../link';
import { retryMillisOf } from '../retry-hint';

/** Closes without being taken for a client that leaves for good (PROTOCOL.md, "WebSocket"). */
const AWAY = 4000;

/** A WebSocket: messages both ways, as they are. */
export function openWebSocket({ environment, timers, url, listener }: LinkParts): Link {
  let over = false;
  const end = (ending: LinkEnd): void => {
    if (over) return;
    over = true;
    listener.ended(ending);
  };
  let socket: Socket;
  try {
    if (!environment.socket) throw new ClientError('unsupported', 'There is no WebSocket here.');
    socket = environment.socket(url());
  } catch (error) {
    const failing = timers.after(0, () => end({ kind: 'unfit', error: asClientError(error) }));
    return { close: () => failing.cancel() };
  }
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => {
    if (!over) listener.received(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer));
  };
  socket.onclose = ({ code, reason }) => end(endOf(code, String(reason)));
  // Tells nothing that the close does not; without a listener `ws` throws.
  socket.onerror = () => undefined;
  return {
    send: (message) => socket.send(message),
    close: (leaves) => {
      over = true;
      socket.close(leaves ? 1000 : AWAY);
    },
  };
}

function endOf(code: number, reason: string): LinkEnd {
  // 1000, 1005: the service has closed the resource, or a newer connection has taken over.
  if (code === 1000 || code === 1005)
    return { kind: 'closed', error: new ClientError('closed', reason || 'The server has closed the connection.') };
  const failure = failureOfClose(code, reason);
  if (!failure) {
    const error = new ClientError('unreachable', `The WebSocket ended with ${code}${reason && `: ${reason}`}`);
    return { kind: 'lost', error };
  }
  return {
    kind: failure.retry || passing.has(failure.code) ? 'lost' : 'refused',
    error: failure,
    retryMillis: retryMillisOf(reason),
  };
}
