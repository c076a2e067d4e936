import { connect } from 'node:net';
import { Program } from './child.fixture';

/** Status of the answer to a request whose headers have about so many bytes. */
function statusFor(port: number, bytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', reject);
    socket.once('data', (chunk: Buffer) => {
      socket.destroy();
      resolve(chunk.toString().slice(9, 12));
    });
    socket.write(`GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(bytes)}\r\n\r\n`);
  });
}

test('Headers are limited in bytes for a whole process, which a second server can not change', async () => {
  const program = await Program.start('limited-headers.mjs');
  try {
    const port = Number(program.ready[0]);
    expect(await statusFor(port, 8192 - 200)).toBe('200');
    expect(await statusFor(port, 8192 + 200)).toBe('431');
    expect(await statusFor(port, 1)).toBe('200');
    expect(program.text).toContain('limits.maxHeaderBytes is 4096, but it is 8192 already');
  } finally {
    await program.end();
  }
});
