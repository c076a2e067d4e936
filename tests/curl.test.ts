import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Disconnect, ManagedService, Message, serve, silentLogger, type Server } from '@ionosphere/server';
import { eventually, Journal } from './journal.fixture';

/** Its `sh` examples, in order. */
const [send = '', events = '', longPolling = '', leave = ''] = [
  ...readFileSync(join(__dirname, '..', 'docs', 'curl.md'), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm),
].map(([, code = '']) => code);

const gone = new Journal<string>();

@ManagedService('/news')
class News {
  @Message() onMessage(text: string): string {
    return text;
  }
  @Disconnect() onDisconnect(): void {
    gone.push('gone');
  }
}

const hasCurl = spawnSync('curl', ['--version']).status === 0;

(hasCurl ? describe : describe.skip)('The commands of docs/curl.md', () => {
  let server: Server;
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    server = await serve({ port: 0, services: [News], logger: silentLogger, signals: [] });
  });

  afterAll(async () => {
    // The whole group: a shell does not pass the signal on.
    for (const { pid, exitCode } of running) if (pid !== undefined && exitCode === null) process.kill(-pid, 'SIGKILL');
    await server.stop({ deadlineSeconds: 0 });
  });

  function shell(script: string): ChildProcess {
    const here = script.replaceAll('localhost:8080', `127.0.0.1:${server.port}`);
    return spawn('sh', ['-c', here], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  }

  /** What a command that goes on by itself has written so far. */
  function watch(script: string): Journal<string> & { readonly ended: Promise<unknown> } {
    const output = new Journal<string>();
    const child = shell(script);
    running.push(child);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => output.push(text));
    return Object.assign(output, { ended: once(child, 'exit') });
  }

  const run = async (script: string): Promise<unknown> => (await once(shell(script), 'exit'))[0];
  const textOf = (output: Journal<string>): string => output.entries.join('');
  const dataOf = (output: Journal<string>): string =>
    [...textOf(output).matchAll(/^data:(.*)\n\n/gm)].map(([, data]) => data).join();

  test('watch as server-sent events and by long-polling what another sends, and leave', async () => {
    const seen = watch(events);
    await eventually(() => server.app.resources.size === 1, 'the first subscriber');
    const polled = watch(longPolling);
    await polled.until(() => /I am [\w-]{36}\n/.test(textOf(polled)), 'the handshake');
    const id = /I am (\S+)/.exec(textOf(polled))?.[1] ?? '';
    for (const text of ['hello', 'again', 'and again']) expect(await run(send.replace('hello', text))).toBe(0);
    await seen.until(() => dataOf(seen) === 'hello,again,and again', 'the events');
    const [, first = ''] = /^id:(.*)\ndata:hello$/m.exec(textOf(seen)) ?? [];
    const missed = watch(events.replace('-N', `-N -H 'Last-Event-ID: ${first}'`));
    await missed.until(() => dataOf(missed) === 'again,and again', 'what came after the first event');
    await polled.until(
      () => /\nhello\n\W*again\n\W*and again\n$/.test(textOf(polled).replaceAll('\ufeff', '')),
      'the messages',
    );
    expect(await run(`id=${id}\n${leave}`)).toBe(0);
    await gone.until(() => gone.entries.length === 1, 'its goodbye');
    await polled.ended;
  });
});
