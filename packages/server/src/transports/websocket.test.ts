import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { App, ManagedService, Message, Ready, Resource, silentLogger } from '@ionosphere/core';
import { serve } from '../serve';
import type { HttpRequest, HttpResponse, TemplatedApp, WebSocketBehavior } from '../uws';
import { OpenSockets } from './open-sockets';
import { serveWebSocket } from './websocket';
import type { UserData } from './websocket-connection';

let connected: (resource: Resource) => void = () => undefined;

@ManagedService('/flood')
class Flood {
  @Ready() onReady(resource: Resource): void {
    connected(resource);
  }
  @Message() onMessage(): void {}
}

const hash = (bytes: string | Buffer): string => createHash('sha1').update(bytes).digest('hex');
const headerBytes = (size: number): number => (size > 65_535 ? 10 : size > 125 ? 4 : 2);

/**
 * Reads a WebSocket as slowly as a bad line: a piece, then a pause. Gives the hashes of the messages, all of one size,
 * when so many have come or the connection has ended.
 */
function readSlowly(port: number, messages: number, size: number): Promise<string[]> {
  const socket = connect({ port, host: '127.0.0.1' });
  const frame = headerBytes(size) + size;
  const pieces: Buffer[] = [];
  let head = '';
  let received = 0;
  socket.write(
    'GET /flood HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  return new Promise((resolve) => {
    socket.on('close', () => {
      const bytes = Buffer.concat(pieces);
      const whole = Math.floor(bytes.length / frame);
      resolve(
        Array.from({ length: whole }, (_, index) =>
          hash(bytes.subarray(index * frame + headerBytes(size), (index + 1) * frame)),
        ),
      );
    });
    socket.on('data', (piece) => {
      let rest = piece;
      if (!head.includes('\r\n\r\n')) {
        const before = head.length;
        head += piece.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        rest = end < 0 ? Buffer.alloc(0) : piece.subarray(end + 4 - before);
      }
      pieces.push(rest);
      received += rest.length;
      if (received >= messages * frame) return void socket.destroy();
      socket.pause();
      setImmediate(() => setImmediate(() => socket.resume()));
    });
  });
}

describe('A WebSocket that reads slowly', () => {
  it.each([
    ['many messages', 400, 32 * 1024, 512 * 1024],
    ['large messages', 8, 2_500_000, 1024 * 1024],
  ])('is not cut off as long as it reads, and gets %s whole', async (_title, messages, size, maxBackpressureBytes) => {
    const texts = Array.from({ length: messages }, (_, index) => `${index} `.padEnd(size, '.'));
    const failures: string[] = [];
    const server = await serve({
      port: 0,
      host: '127.0.0.1',
      services: [Flood],
      logger: silentLogger,
      signals: [],
      config: { logBytes: 64 * 1024 * 1024 },
      webSocket: { maxBackpressureBytes },
      onError: ({ code }) => void failures.push(code),
    });
    try {
      const ready = new Promise<Resource>((resolve) => (connected = resolve));
      const read = readSlowly(server.port, messages, size);
      const resource = await ready;
      for (const text of texts) resource.send(text);
      const hashes = await read;
      expect(failures).toEqual([]);
      expect(hashes).toEqual(texts.map(hash));
    } finally {
      await server.stop();
    }
  });
});

describe('A handshake', () => {
  it('whose handler throws is watched all the same: else the library would end the process', async () => {
    const app = new App({ services: [], logger: silentLogger });
    const native = { ws: jest.fn<void, [string, WebSocketBehavior<UserData>]>() };
    const parts = { maxBackpressureBytes: 1, sockets: new OpenSockets() };
    serveWebSocket(native as unknown as TemplatedApp, app, parts, app.config, () => {
      throw new Error('the disk is full');
    });
    const res = { getRemoteAddress: () => new ArrayBuffer(4), onAborted: jest.fn() };
    const req = {
      getUrl: () => '/',
      getQuery: () => '',
      getCaseSensitiveMethod: () => 'GET',
      forEach: () => undefined,
    };
    const [, { upgrade }] = native.ws.mock.calls[0] ?? ['', {}];
    const handshake = (): unknown => upgrade?.(res as unknown as HttpResponse, req as unknown as HttpRequest, {});
    expect(handshake).toThrow('the disk is full');
    expect(res.onAborted).toHaveBeenCalledTimes(1);
    await app.stop();
  });
});
