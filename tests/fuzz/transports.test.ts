import fc from 'fast-check';
import { connect } from 'node:net';
import { Target, type Memory } from '../abuse/target.fixture';
import { closing, frame, FrameSocket, op } from '../frames.fixture';
import { mutated, runs, seed, tellSeed } from './runs.fixture';

const RUNS = 150;
const AT_ONCE = 16;
const MB = 1024 * 1024;

let target: Target;
let witness: FrameSocket;
let before: Memory;

beforeAll(async () => {
  tellSeed();
  target = await Target.start();
  witness = await FrameSocket.open(target.port, '/room/witness');
  // What is compiled and cached with the first conversations is no growth.
  for (const { valid } of transports) for (const bytes of sample(mutated(...valid), 300)) await converse(bytes);
  before = await target.memory();
}, 60_000);
afterAll(() => target.end());

const host = 'Host: 127.0.0.1\r\n';
const parameters =
  'X-Atmosphere-tracking-id=0&X-Atmosphere-Framework=5.0.7&X-atmo-protocol=true&X-Atmosphere-TrackMessageSize=true';
const get = (path: string, transport: string, more = ''): string =>
  `GET ${path}?${parameters}&X-Atmosphere-Transport=${transport}${more} HTTP/1.1\r\n${host}Accept: */*\r\nCookie: a=1\r\n\r\n`;
const post = (path: string, body: string, headers = ''): string =>
  `POST ${path}?X-Atmosphere-tracking-id=0 HTTP/1.1\r\n${host}${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const upgrade = (path: string, headers = ''): string =>
  `GET ${path}?${parameters} HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${headers}\r\n`;
const deflate = 'Sec-WebSocket-Extensions: permessage-deflate\r\n';
const frames = [
  frame(op.text, 'hello'),
  frame(op.text, 'he', { fin: false }),
  frame(op.more, 'llo'),
  frame(op.ping, 'p'),
  frame(op.binary, Buffer.from([0, 255])),
  closing(1000, 'bye'),
];
const inLatin1 = Buffer.concat(frames).toString('latin1');
const join = '{"type":"join","room":"lobby","member":{"id":"a"}}';

/** What an honest client of each transport says; bytes are written as latin1. */
const transports = [
  {
    name: 'WebSocket',
    valid: [
      upgrade('/echo') + inLatin1,
      upgrade('/raw', deflate) + inLatin1,
      upgrade('/room/a') + frame(op.text, join).toString('latin1'),
    ],
    opening: upgrade('/echo', deflate),
  },
  { name: 'SSE', valid: [get('/echo', 'sse'), get('/room/a', 'sse')], opening: '' },
  { name: 'streaming', valid: [get('/echo', 'streaming')], opening: '' },
  { name: 'long-polling', valid: [get('/room/b', 'long-polling'), get('/chat', 'long_polling')], opening: '' },
  { name: 'JSONP', valid: [get('/echo', 'jsonp', '&jsonpTransport=f&X-Atmosphere-Post-Body=hi')], opening: '' },
  { name: 'polling', valid: [get('/echo', 'polling'), get('/echo', 'close')], opening: '' },
  {
    name: 'POST',
    valid: [
      post('/chat', '{"author":"a"}', 'Content-Type: application/json\r\n'),
      post('/room/c', join),
      post('/echo', 'hi') + post('/echo', 'ho'),
      `POST /echo HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    ],
    opening: `POST /echo HTTP/1.1\r\n${host}Content-Length: 50\r\n\r\n`,
  },
];

function sample(texts: fc.Arbitrary<string>, count: number): string[] {
  return fc.sample(texts, { seed, numRuns: count });
}

/** Says something, and that this was all. Gives what came until the server ended the connection, which it must. */
function converse(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(target.port, '127.0.0.1', () => socket.end(Buffer.from(text, 'latin1')));
    let answer = '';
    socket.setTimeout(20_000, () => {
      reject(new Error(`the connection stays open after ${JSON.stringify(text)}`));
      socket.destroy();
    });
    socket.on('data', (bytes) => (answer += bytes.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

/** Holds many conversations, some at once; after each thousand the server is asked whether it lives. */
async function converseAll(texts: readonly string[]): Promise<void> {
  let next = 0;
  const hold = async (): Promise<void> => {
    for (let index = next++; index < texts.length; index = next++) {
      const text = texts[index] ?? '';
      const answer = await converse(text);
      // An answer is HTTP, and nothing that a client says is a mistake of the server.
      if (!/^($|HTTP\/1\.1 (101|200|4\d\d|501|503|505) )/.test(answer) || /HTTP\/1\.1 500/.test(answer))
        throw new Error(`${JSON.stringify(text)} was answered ${JSON.stringify(answer.slice(0, 500))}`);
      if (index % 1000 === 0) expect(await target.memory()).toBeDefined();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, hold));
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array).toString('latin1'));

describe.each(transports)('Over $name', ({ name, valid, opening }) => {
  it(
    'any bytes, and what is nearly an honest conversation, leave the server as it was',
    async () => {
      const count = runs(RUNS);
      // In shares, because that many texts at once are memory of this process.
      for (let done = 0; done < count; done += 5000) {
        const share = Math.min(5000, count - done);
        const begun = bytes.map((text) => opening + text);
        await converseAll(fc.sample(begun, { seed: seed + done, numRuns: share }));
        await converseAll(fc.sample(mutated(...valid), { seed: seed + done, numRuns: share }));
        expect(await witness.ask(`${name} ${done}`)).toBe(`${name} ${done}`);
      }
      const after = await target.settled(before);
      expect((after.used - before.used) / MB).toBeLessThan(8);
    },
    Math.max(30_000, runs(RUNS) * 40),
  );
});
