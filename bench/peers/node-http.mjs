// Node's own http: SSE, streaming and long-polling by hand, WebSocket by ws. What is published while a client is between two
// polls is not lost: the client says up to where it has read.
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { HEARTBEAT_SECONDS, listen, stamped } from './job.mjs';

/** The load generator sends the value of this header with the next poll. */
const CURSOR = 'X-Atmosphere-tracking-id';

const readers = new Set();
const streams = new Set();
const idle = new Set();
const held = new Map();
const log = [];

function keep(res, type, first, set) {
  res.writeHead(200, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store' });
  res.write(first);
  set.add(res);
  res.on('close', () => set.delete(res));
}

function answer(res, body) {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', [CURSOR]: log.length };
  res.writeHead(200, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  res.end(body);
}

function poll(res, { searchParams }) {
  const cursor = Number(searchParams.get(CURSOR) ?? log.length);
  if (cursor < log.length) return answer(res, log.slice(cursor).join(''));
  held.set(res, cursor);
  res.on('close', () => held.delete(res));
}

const server = createServer((req, res) => {
  const url = new URL(req.url, 'http://localhost');
  if (url.pathname === '/sse') keep(res, 'text/event-stream', ':\n\n', readers);
  else if (url.pathname === '/idle') keep(res, 'text/event-stream', ':\n\n', idle);
  else if (url.pathname === '/stream') keep(res, 'text/plain', ' ', streams);
  else poll(res, url);
});
server.keepAliveTimeout = 120_000;

const wss = new WebSocketServer({ server });
wss.on('connection', (socket) => socket.on('message', (data) => publish(stamped(data))));

function publish(json) {
  const framed = `${json.length}|${json}`;
  for (const client of wss.clients) if (client.readyState === WebSocket.OPEN) client.send(framed);
  for (const reader of readers) reader.write(`data:${framed}\n\n`);
  for (const stream of streams) stream.write(framed);
  log.push(framed);
  const polls = [...held];
  held.clear();
  for (const [res, cursor] of polls) answer(res, log.slice(cursor).join(''));
}

setInterval(() => {
  for (const reader of idle) reader.write('data:X\n\n');
}, HEARTBEAT_SECONDS * 1000);

listen(server);
