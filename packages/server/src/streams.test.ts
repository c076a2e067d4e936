import { once as event } from 'node:events';
import { Failure, ignore, once, stream, type Messages, type StreamRequest } from '@ionosphere/core';
import { EventSource } from 'eventsource';
import { WebSocket } from 'ws';
import { serve, type Server } from './serve';

const SIZE = 64 * 1024;
let given = 0;
let ended: () => void = () => undefined;

/** Gives as much as is taken. */
function* flood() {
  const text = 'x'.repeat(SIZE);
  try {
    for (;;) {
      given++;
      yield text;
    }
  } finally {
    ended();
  }
}

function countTo(limit: number): ReadableStream<number> {
  let next = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (next < limit) controller.enqueue(next++);
      else controller.close();
    },
  });
}

async function guarded({ query }: StreamRequest) {
  await new Promise((resolve) => setImmediate(resolve));
  return query.get('ticket') === 'valid' ? { out: once('welcome') } : new Failure('unauthorized', 'No ticket.');
}

const echo = stream('/echo', () => {
  const { readable, writable } = new TransformStream<string, string>();
  return { in: (messages: Messages<string>) => messages.pipeTo(writable), out: readable };
});

describe('Streams over real transports', () => {
  let server: Server;
  beforeAll(async () => {
    const services = [
      echo,
      stream('/count', () => ({ in: ignore, out: countTo(500) })),
      stream('/flood', () => ({ out: flood() })),
      stream('/guarded', guarded),
    ];
    server = await serve({ port: 0, services, signals: [] });
  });
  afterAll(() => server.stop({ deadlineSeconds: 1 }));

  const socket = (path: string) => new WebSocket(`${server.url.replace('http', 'ws')}${path}`);
  const all = Array.from({ length: 500 }, (_, i) => String(i));

  test('a WebSocket gets all of out, then its normal end', async () => {
    const client = socket('/count');
    const got: string[] = [];
    client.on('message', (data: Buffer) => got.push(data.toString()));
    const [code] = (await event(client, 'close')) as [number];
    expect(got).toEqual(all);
    expect(code).toBe(1000);
  });

  test('a plain EventSource gets all of out', async () => {
    const source = new EventSource(`${server.url}/count`);
    const got: string[] = [];
    await new Promise<void>((resolve) => {
      source.onmessage = ({ data }) => got.push(String(data)) === all.length && resolve();
    });
    source.close();
    expect(got).toEqual(all);
  });

  test('polls get all of out, each once, then hear that it is over', async () => {
    const got: string[] = [];
    const query = 'X-Atmosphere-Transport=long-polling&X-Atmosphere-TrackMessageSize=true&X-Atmosphere-tracking-id=';
    let id = '0';
    for (;;) {
      const answer = await fetch(`${server.url}/count?${query}${id}`);
      const body = await answer.text();
      // The stream had ended, and its resource with it.
      if (answer.headers.get('X-Atmosphere-tracking-id') !== id && id !== '0') break;
      id = answer.headers.get('X-Atmosphere-tracking-id') ?? '0';
      for (let rest = body.replace(/^\uFEFF/, ''); rest;) {
        const [length = ''] = rest.split('|', 1);
        got.push(rest.slice(length.length + 1, length.length + 1 + Number(length)));
        rest = rest.slice(length.length + 1 + Number(length));
      }
      if (got.length >= all.length) break;
    }
    expect(got.slice(0, all.length)).toEqual(all);
  });

  test('in and out flow at the same time', async () => {
    const client = socket('/echo');
    await event(client, 'open');
    const got: string[] = [];
    const done = new Promise<void>((resolve) =>
      client.on('message', (data: Buffer) => got.push(data.toString()) === 1000 && resolve()),
    );
    for (let i = 0; i < 1000; i++) client.send(String(i));
    await done;
    expect(got).toEqual(Array.from({ length: 1000 }, (_, i) => String(i)));
    client.close();
  });

  test('out waits for a reader that does not read, and is told when it is gone', async () => {
    const over = new Promise<void>((resolve) => (ended = resolve));
    const client = socket('/flood');
    await event(client, 'open');
    client.pause();
    // The buffers of both ends fill; then nothing more is asked of out.
    let before = -1;
    while (before !== given) {
      before = given;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(given * SIZE).toBeLessThan(64 * 1024 * 1024);
    client.resume();
    while (given < before + 50) await event(client, 'message');
    client.close();
    await over;
  });

  test('a handshake is refused before the upgrade, with the status of the failure', async () => {
    const [, refused] = (await event(socket('/guarded'), 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(refused.statusCode).toBe(401);
    expect((await fetch(`${server.url}/guarded?X-Atmosphere-Transport=sse`)).status).toBe(401);
    const [data] = (await event(socket('/guarded?ticket=valid'), 'message')) as [Buffer];
    expect(String(data)).toBe('welcome');
  });
});
