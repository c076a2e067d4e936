import {
  DeliverTo,
  Failure,
  ManagedService,
  Message,
  OnError,
  serve,
  silentLogger,
  type Server,
  type WebSocket,
  type WebSocketHandler,
  WebSocketHandlerService,
} from '@ionosphere/server';
import { constants, deflateRawSync } from 'node:zlib';
import { makeCertificate, type Certificate } from '../../packages/server/src/tls.fixture';
import { closing, frame, FrameSocket, op } from '../frames.fixture';
import { codeOf } from '../raw.fixture';
import { Journal } from '../journal.fixture';

const limit = 1000;
const limits = { maxMessageBytes: limit };
const config = { compression: true };
let told: Journal<string>;

@ManagedService({ path: '/managed', limits, config })
class Managed {
  @Message() @DeliverTo('RESOURCE') onText(text: string): string {
    return text;
  }

  @OnError() onError(failure: Failure): void {
    told.push(failure.code);
  }
}

@WebSocketHandlerService({ path: '/raw', limits, config })
class Raw implements WebSocketHandler {
  onTextMessage(webSocket: WebSocket, text: string): void {
    webSocket.write(text);
  }

  onError(_webSocket: WebSocket, failure: Failure): void {
    told.push(failure.code);
  }
}

let certificate: Certificate;
let servers: Server[];

beforeAll(async () => {
  certificate = await makeCertificate();
  const options = { port: 0, host: '127.0.0.1', services: [Managed, Raw], logger: silentLogger, signals: [] };
  servers = [await serve(options), await serve({ ...options, tls: certificate.tls })];
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  certificate.remove();
});
beforeEach(() => (told = new Journal<string>()));

const many = (count: number, one: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => one(index)));
const fragment = (index: number, payload: string | Uint8Array): Buffer =>
  frame(index === 0 ? op.text : op.more, payload, { fin: false });
const broken = Buffer.from([0x61, 0xc3, 0x28]);
/** Compressed as permessage-deflate wants it (RFC 7692, 7.2.1). */
const deflated = (text: string): Buffer =>
  deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);

/** What breaks the rules, with what code that ends on the wire, and what the service is told. */
const violations: [what: string, bytes: Buffer, code: number, failure: string][] = [
  ['text that is not UTF-8', frame(op.text, broken), 1006, 'malformed-message'],
  [
    'text that is not UTF-8 in fragments',
    Buffer.concat([frame(op.text, broken.subarray(0, 2), { fin: false }), frame(op.more, broken.subarray(2))]),
    1006,
    'malformed-message',
  ],
  ['text that encodes a surrogate', frame(op.text, Buffer.from([0xed, 0xa0, 0x80])), 1006, 'malformed-message'],
  ['the bit RSV2', frame(op.text, 'x', { reserved: 2 }), 1006, 'broken-frame'],
  ['the bit RSV3', frame(op.binary, 'x', { reserved: 1 }), 1006, 'broken-frame'],
  ['RSV1 without compression', frame(op.text, 'x', { reserved: 4 }), 1006, 'broken-frame'],
  ...[3, 7, 11, 15].map((opcode): [string, Buffer, number, string] => [
    `the opcode ${opcode}`,
    frame(opcode, 'x'),
    1006,
    'broken-frame',
  ]),
  ['a fragmented ping', frame(op.ping, 'x', { fin: false }), 1006, 'broken-frame'],
  ['a fragmented close', frame(op.close, Buffer.from([3, 232]), { fin: false }), 1006, 'broken-frame'],
  ['a ping of 126 bytes', frame(op.ping, 'x'.repeat(126)), 1006, 'broken-frame'],
  ['a continuation of nothing', frame(op.more, 'x'), 1006, 'broken-frame'],
  ['a text within a text', Buffer.concat([fragment(0, 'a'), frame(op.text, 'b')]), 1006, 'broken-frame'],
  ['a message of one byte too many', frame(op.text, 'x'.repeat(limit + 1)), 1009, 'message-too-large'],
  [
    'a message too large in fragments',
    Buffer.concat([many(15, (index) => fragment(index, 'x'.repeat(100))), frame(op.more)]),
    1009,
    'message-too-large',
  ],
  ['a message far too large', frame(op.text, 'x'.repeat(limit * 3)), 1006, 'message-too-large'],
  ['a header that claims 2^40 bytes', frame(op.text, '', { claims: 2 ** 40 }), 1006, 'message-too-large'],
  ['fragments without end', many(40, (index) => fragment(index, 'x'.repeat(100))), 1006, 'message-too-large'],
];

/** What is allowed, and what comes back. */
const allowed: [what: string, bytes: Buffer, texts: string[]][] = [
  ['an empty text', frame(op.text), ['']],
  ['text at the limit', frame(op.text, 'x'.repeat(limit)), ['x'.repeat(limit)]],
  [
    'a character that is cut by fragments, with a ping between',
    Buffer.concat([
      frame(op.text, Buffer.from([0xe2, 0x82]), { fin: false }),
      frame(op.ping, 'p'),
      frame(op.more, Buffer.from([0xac])),
    ]),
    ['\u20ac'],
  ],
  ['empty fragments', Buffer.concat([many(5_000, (index) => fragment(index, '')), frame(op.more, 'x')]), ['x']],
];

describe.each([
  ['in the clear', 0],
  ['over TLS', 1],
])('A WebSocket %s', (_where, which) => {
  const open = (path: string, headers = ''): Promise<FrameSocket> =>
    FrameSocket.open(servers[which]?.port ?? 0, path, { headers, ...(which === 1 && { ca: certificate.ca }) });

  describe.each(['/managed', '/raw'])('at %s', (path) => {
    it.each(violations)('ends with %s, and its service is told', async (_what, bytes, code, failure) => {
      const [socket, witness] = [await open(path), await open(path)];
      socket.write(bytes);
      expect([await socket.end(), told.entries]).toEqual([code, [failure]]);
      // A managed service answers in words what it can; a raw one has no words but its own.
      expect(socket.texts.map(codeOf)).toEqual(code === 1009 && path === '/managed' ? ['message-too-large'] : []);
      expect(await witness.ask('still here')).toBe('still here');
      witness.destroy();
    });

    it.each(allowed)('goes on with %s', async (_what, bytes, texts) => {
      const socket = await open(path);
      socket.write(bytes);
      expect(await socket.ask('more')).toBe(texts[0]);
      await socket.frames.until(() => socket.texts.length === 2, 'the second answer');
      expect([socket.texts, told.entries]).toEqual([[...texts, 'more'], []]);
      socket.destroy();
    });

    it('reads frames that come byte by byte', async () => {
      const socket = await open(path);
      for (const byte of frame(op.text, 'slow')) {
        socket.write(Buffer.from([byte]));
        await socket.written();
      }
      await socket.frames.until(() => socket.texts.length === 1, 'the answer');
      expect(socket.texts).toEqual(['slow']);
      socket.destroy();
    });

    it.each([1000, 1001, 1011, 4000, 4999])('answers the close code %d with the same', async (code) => {
      const socket = await open(path);
      socket.write(closing(code, 'bye'));
      expect(await socket.end()).toBe(code);
      expect(told.entries).toEqual([]);
    });

    // The library does not know the registered codes from 1012 and those of libraries, from 3000.
    it.each([0, 999, 1004, 1005, 1006, 1012, 1015, 2999, 3000, 5000, 65_535])(
      'answers the close code %d with none',
      async (code) => {
        const socket = await open(path);
        socket.write(closing(code));
        expect([await socket.end(), told.entries]).toEqual([1005, []]);
      },
    );

    it.each([
      ['of one byte', frame(op.close, 'x')],
      ['whose reason is not UTF-8', closing(1000, broken)],
    ])('answers a close frame %s with no code', async (_what, bytes) => {
      const socket = await open(path);
      socket.write(bytes);
      expect([await socket.end(), told.entries]).toEqual([1005, []]);
    });

    describe('with permessage-deflate', () => {
      const offer = 'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n';

      it('inflates what is compressed, and only that', async () => {
        const socket = await open(path, offer);
        expect(socket.head).toMatch(/sec-websocket-extensions: permessage-deflate/i);
        socket.write(
          Buffer.concat([frame(op.text, deflated('a'.repeat(limit)), { reserved: 4 }), frame(op.text, 'b')]),
        );
        await socket.frames.until(() => socket.texts.length === 2, 'both answers');
        expect(told.entries).toEqual([]);
        socket.destroy();
      });

      it.each([
        ['too much', deflated('x'.repeat(limit + 1)), 1009, 'message-too-large'],
        ['far too much', deflated('x'.repeat(50_000_000)), 1006, 'message-too-large'],
        ['no DEFLATE data', Buffer.from('ffffffffffffffff', 'hex'), 1006, 'message-too-large'],
      ] as const)('ends with %s in a small frame', async (_what, bytes, code, failure) => {
        const socket = await open(path, offer);
        // Only its beginning: the whole frame would be refused for its own size, before it is inflated.
        socket.write(frame(op.text, bytes.subarray(0, 1500), { reserved: 4 }));
        expect([await socket.end(), told.entries]).toEqual([code, [failure]]);
      });

      it.each([
        // The library takes the first for the end of a compressed message.
        ['RSV1 on a continuation', [fragment(0, 'a'), frame(op.more, 'b', { reserved: 4 })], 'message-too-large'],
        ['RSV2', [frame(op.text, deflated('x'), { reserved: 6 })], 'broken-frame'],
      ])('ends with %s', async (_what, frames, failure) => {
        const socket = await open(path, offer);
        socket.write(Buffer.concat(frames));
        expect([await socket.end(), told.entries]).toEqual([1006, [failure]]);
      });
    });
  });
});
