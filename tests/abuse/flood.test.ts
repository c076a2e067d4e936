import { constants, deflateRawSync } from 'node:zlib';
import { frame, FrameSocket, op } from '../frames.fixture';
import { Target, type Memory } from './target.fixture';

const MB = 1024 * 1024;
const offer = 'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n';

let target: Target;
let witness: FrameSocket;
let before: Memory;

beforeAll(async () => {
  target = await Target.start();
  witness = await FrameSocket.open(target.port, '/echo');
  await witness.ask('hello');
  before = await target.memory();
});
afterAll(() => target.end());

/** Nobody else notices, and the memory is what it was. */
afterEach(async () => {
  expect(await witness.ask('still here')).toBe('still here');
  const after = await target.settled(before);
  expect((after.used - before.used) / MB).toBeLessThan(4);
});

describe.each(['/echo', '/raw'])('At %s', (path) => {
  it('a small frame that inflates to 50 MB ends its connection, and never takes that memory', async () => {
    const bomb = deflateRawSync(Buffer.alloc(50 * MB), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    for (let round = 0; round < 30; round++) {
      const socket = await FrameSocket.open(target.port, path, { headers: offer });
      socket.write(frame(op.text, bomb, { reserved: 4 }));
      expect(await socket.end()).toBe(1006);
    }
    expect(((await target.memory()).rss - before.rss) / MB).toBeLessThan(40);
  });

  it('100 000 empty fragments, and as many of one byte, are messages like any other', async () => {
    const socket = await FrameSocket.open(target.port, path);
    const empty = frame(op.more, '', { fin: false });
    const count = 100_000;
    socket.write(Buffer.concat([frame(op.text, '', { fin: false }), ...Array<Buffer>(count).fill(empty)]));
    socket.write(frame(op.more, 'at last'));
    const byte = frame(op.more, 'x', { fin: false });
    socket.write(Buffer.concat([frame(op.text, '', { fin: false }), ...Array<Buffer>(60_000).fill(byte)]));
    socket.write(frame(op.more));
    await socket.frames.until(() => socket.texts.length === 2, 'both answers');
    expect(socket.texts.map((text) => text.length)).toEqual([7, 60_000]);
    socket.destroy();
  });

  it('messages whose fragments never end fill no memory', async () => {
    const fragment = frame(op.more, Buffer.alloc(1000), { fin: false });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => FrameSocket.open(target.port, path)));
    for (const socket of sockets) {
      socket.write(frame(op.binary, '', { fin: false }));
      socket.write(Buffer.concat(Array<Buffer>(2000).fill(fragment)));
    }
    for (const socket of sockets) expect(await socket.end()).toBe(1006);
  });

  it('a client that pings and never reads fills no memory, and holds up nobody', async () => {
    const socket = await FrameSocket.open(target.port, path);
    socket.pause();
    const pings = Buffer.concat(Array<Buffer>(10_000).fill(frame(op.ping, 'x'.repeat(125))));
    for (let round = 0; round < 15; round++) socket.write(pings);
    await socket.written();
    expect(await witness.ask('meanwhile')).toBe('meanwhile');
    expect(((await target.memory()).rss - before.rss) / MB).toBeLessThan(60);
    socket.destroy();
  });
});
