import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { Disconnect, ManagedService, Message, Ready, silentLogger, type Resource } from '@ionosphere/core';
import { serve } from './serve';

const MESSAGES = 400;
const text = (index: number): string => `${index} `.padEnd(32 * 1024, '.');

const seen: string[] = [];

@ManagedService('/flood')
class Flood {
  @Ready() onReady(): void {
    seen.push('ready');
  }
  @Message() onMessage(): void {}
  @Disconnect() onDisconnect(): void {
    seen.push('disconnect');
  }
}

/** Length of the first frame of a server and where its payload begins; undefined when it is not all there. */
function frameIn(bytes: Buffer): { begin: number; end: number } | undefined {
  if (bytes.length < 4) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const [begin, length] = short === 126 ? [4, bytes.readUInt16BE(2)] : [2, short];
  return bytes.length < begin + length ? undefined : { begin, end: begin + length };
}

/** Reads a WebSocket as slowly as a bad line: a piece, then a pause. Resolves with a hash of each message when all have come. */
function readSlowly(port: number): Promise<string[]> {
  const socket = connect({ port, host: '127.0.0.1', highWaterMark: 16 * 1024 });
  const hashes: string[] = [];
  let bytes = Buffer.alloc(0);
  let open = false;
  socket.write(
    'GET /flood HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  return new Promise((resolve) => {
    socket.on('close', () => resolve(hashes));
    socket.on('data', (piece) => {
      bytes = Buffer.concat([bytes, piece]);
      if (!open && bytes.includes('\r\n\r\n')) {
        bytes = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
        open = true;
      }
      for (let frame = frameIn(bytes); open && frame; frame = frameIn(bytes)) {
        hashes.push(createHash('sha1').update(bytes.subarray(frame.begin, frame.end)).digest('hex'));
        bytes = bytes.subarray(frame.end);
      }
      if (hashes.length === MESSAGES) socket.destroy();
      socket.pause();
      setImmediate(() => setImmediate(() => socket.resume()));
    });
  });
}

describe('A WebSocket that reads slowly', () => {
  it('is not cut off as long as it reads: it gets more only when all that waited in memory has left', async () => {
    const failures: string[] = [];
    const server = await serve({
      port: 0,
      host: '127.0.0.1',
      services: [Flood],
      logger: silentLogger,
      signals: [],
      config: { logBytes: 64 * 1024 * 1024 },
      webSocket: { maxBackpressureBytes: 512 * 1024 },
      onError: ({ code }) => void failures.push(code),
    });
    try {
      const read = readSlowly(server.port);
      const [resource] = await new Promise<Resource[]>((resolve) => {
        const look = (): void => (seen.length > 0 ? resolve([...server.app.resources.all()]) : void setImmediate(look));
        look();
      });
      for (let index = 0; index < MESSAGES; index++) resource?.send(text(index));
      const hashes = await read;
      expect(failures).toEqual([]);
      expect(hashes).toEqual(
        Array.from({ length: MESSAGES }, (_, index) => createHash('sha1').update(text(index)).digest('hex')),
      );
    } finally {
      await server.stop();
    }
  });
});
