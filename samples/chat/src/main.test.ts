import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const started: ChildProcess[] = [];

function start(port: string): { child: ChildProcess; out: NodeJS.ReadableStream; errors: Promise<string> } {
  const child = spawn(process.execPath, [join(__dirname, '..', 'dist', 'main.js')], {
    env: { ...process.env, PORT: port },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  return { child, out: child.stdout, errors: text(child.stderr) };
}

let end: (() => void) | undefined;

afterAll(() => {
  started.forEach((child) => child.kill('SIGKILL'));
  end?.();
});

test('it prints its address, serves page and client there, and ends by itself on SIGTERM', async () => {
  const { child, out } = start('0');
  const [line] = (await once(out, 'data')) as [Buffer];
  const [, url] = /^Chat is ready: (http:\/\/localhost:\d+\/)\n$/.exec(line.toString()) ?? [];
  const page = await fetch(String(url));
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const client = await fetch(`${url}client.js`);
  expect([client.status, client.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

// The shell is like npm's, which is ended by the signal that npm gets, and passes on nothing.
test('what npm start has started ends with its shell', async () => {
  const root = join(__dirname, '..', '..', '..');
  const command = `"${process.execPath}" --import ./scripts/end-with-parent.mjs samples/chat/dist/main.js; exit $?`;
  const env = { ...process.env, PORT: '0' };
  const shell = spawn('sh', ['-c', command], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  // The whole group, so that a failure of this test leaves nothing behind either.
  end = () => process.kill(-Number(shell.pid), 'SIGKILL');
  // It ends when nobody can write to it any more.
  for await (const chunk of shell.stdout) if (String(chunk).includes('Chat is ready')) shell.kill('SIGTERM');
  expect(shell.signalCode).toBe('SIGTERM');
  end = undefined;
});

test('a port that is taken is told, and how to choose another, each once', async () => {
  const taken = createServer().listen(0);
  try {
    const { port } = taken.address() as AddressInfo;
    const { child, errors } = start(String(port));
    expect(await once(child, 'exit')).toEqual([1, null]);
    const told = await errors;
    expect(told).toMatch(new RegExp(`^chat: .*port ${port}.*in use.*PORT=8081 npm start\n$`));
    expect(told.match(/another/g)).toHaveLength(1);
  } finally {
    taken.close();
  }
});

test.each(['x', '70000', '-1'])('PORT=%s is refused', async (port) => {
  const { child, errors } = start(port);
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(await errors).toMatch(new RegExp(`^chat: PORT is "${port}".*PORT=8081 npm start\n$`));
});
