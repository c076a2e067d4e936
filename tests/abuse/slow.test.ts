import { connect, type Socket } from 'node:net';
import { Client, transports } from '../client.fixture';
import { TestServer } from '../server.fixture';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(async () => {
  await Client.closeAll();
  await server.stop();
});

/** Sends the beginning, and then a byte now and then for as long as anybody listens. Gives the seconds until nobody did. */
function dribble(port: number, beginning: string, byte: string): Promise<number> {
  return new Promise((resolve) => {
    const began = Date.now();
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(beginning));
    const timer = setInterval(() => socket.write(byte), 300);
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    socket.on('close', () => {
      clearInterval(timer);
      resolve((Date.now() - began) / 1000);
    });
  });
}

const line = 'GET /echo HTTP/1.1\r\nHost: x\r\n';
const post = 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n';
const chunks = 'POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
const handshake =
  `${line}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

it('Clients that take for ever to ask are cut off, and disturb nobody', async () => {
  const witnesses = await Promise.all(
    transports.map((transport) => Client.open(`${server.url}/room/witness`, { transport, track: true })),
  );
  const slow = [
    dribble(server.port, '', ''),
    dribble(server.port, 'GET /ec', 'h'),
    dribble(server.port, line, 'X'),
    dribble(server.port, line, 'X: y\r\n'),
    dribble(server.port, `${handshake}X-Slow: `, 'z'),
    dribble(server.port, post, 'x'),
    dribble(server.port, chunks, '1\r\nx\r\n'),
    ...Array.from({ length: 100 }, () => dribble(server.port, post, 'x')),
  ];
  const before = server.server.app.resources.size;
  server.broadcast('/room/witness', 'meanwhile');
  for (const witness of witnesses) expect(await witness.received(1)).toEqual(['meanwhile']);
  // The library allows 10 seconds for the head, and asks for 16 KB/s of the body; its clock ticks every 4 seconds.
  const seconds = await Promise.all(slow);
  expect(Math.max(...seconds)).toBeLessThan(30);
  expect(server.server.app.resources.size).toBe(before);
  server.broadcast('/room/witness', 'after');
  for (const witness of witnesses) expect(await witness.received(2)).toEqual(['meanwhile', 'after']);
}, 40_000);
