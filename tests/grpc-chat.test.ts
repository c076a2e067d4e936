import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser } from 'playwright-core';
import { findBrowser, launch } from './browser.fixture';

const dist = join(__dirname, '..', 'samples', 'grpc-chat', 'dist');
const found = findBrowser();
const inBrowser = 'reason' in found ? test.skip : test;

jest.setTimeout(60_000);

const children: ChildProcess[] = [];

function start(program: string, ...args: string[]): ChildProcess & { readonly lines: AsyncIterator<string> } {
  const env = { ...process.env, PORT: '0', GRPC_PORT: '0' };
  const child = spawn(process.execPath, [join(dist, program), ...args], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface(child.stdout as NodeJS.ReadableStream)[Symbol.asyncIterator]();
  return Object.assign(child, { lines });
}

let browser: Browser | undefined;

afterAll(async () => {
  await browser?.close();
  for (const child of children) {
    if (child.exitCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  }
});

inBrowser('the sample: a page on WebSocket and a program on gRPC are in one chat', async () => {
  if ('reason' in found) return;
  const server = start('main.js');
  const line = String((await server.lines.next()).value);
  const [, url = '', address = ''] = /(http:\S+) and, for gRPC, (\S+)/.exec(line) ?? [];
  browser = await launch(found);
  const page = await browser.newPage();
  await page.goto(url);
  await page.getByText('server: You are here over websocket.').waitFor();
  const program = start('talk.js', address, 'Ann');
  const heard = async (): Promise<unknown> => (await program.lines.next()).value;
  expect(await heard()).toBe('server: You are here over grpc.');
  program.stdin?.write('hello from gRPC\n');
  await page.getByText('Ann: hello from gRPC').waitFor();
  expect(await heard()).toBe('Ann: hello from gRPC');
  await page.fill('#text', 'hello from a page');
  await page.click('button');
  expect(await heard()).toBe('browser: hello from a page');
  const ended = once(program, 'exit');
  program.stdin?.end();
  expect((await ended)[0]).toBe(0);
});
