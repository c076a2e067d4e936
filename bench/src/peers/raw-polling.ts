// Raw uWebSockets.js with long-polling, done well: held polls are answered at the end of the turn, one cork each. What is
// published while a client is between two polls is not lost: the client says up to where it has read.
import type { HttpResponse } from 'uws-lts';
import { listen, nativeOfFramework } from './control';
import { lengthPrefixed, stamped, webSocketLimits } from './job';

/** The load generator sends the value of this header with the next poll. */
const CURSOR = 'X-Atmosphere-tracking-id';

const native = nativeOfFramework();
const app = native.App();
const held = new Map<HttpResponse, number>();
const log: string[] = [];
let flushing = false;

/** Polls that have read equally far get the same body, made once. */
function flush(): void {
  flushing = false;
  const bodies = new Map<number, string>();
  for (const [res, cursor] of held) {
    let body = bodies.get(cursor);
    if (body === undefined) bodies.set(cursor, (body = log.slice(cursor).join('')));
    answer(res, body);
  }
  held.clear();
}

function answer(res: HttpResponse, body: string): void {
  res.cork(() => {
    res.writeHeader('Content-Type', 'text/plain; charset=utf-8');
    res.writeHeader('Cache-Control', 'no-store');
    res.writeHeader(CURSOR, String(log.length));
    res.end(body);
  });
}

app.get('/fan', (res, req) => {
  const cursor = Number(req.getQuery(CURSOR) ?? log.length);
  if (cursor < log.length) return answer(res, log.slice(cursor).join(''));
  res.onAborted(() => void held.delete(res));
  held.set(res, cursor);
});

app.ws('/fan', {
  ...webSocketLimits,
  open: (socket) => void socket.subscribe('fan'),
  message: (_socket, data) => {
    const framed = lengthPrefixed(stamped(data));
    app.publish('fan', framed, false);
    log.push(framed);
    if (!flushing) setImmediate(flush);
    flushing = true;
  },
});

listen(native, app);
