import { connect, type MemoryClient } from '@ionosphere/testing';
import { IsInt } from 'class-validator';
import { z } from 'zod';
import { App, type AppOptions } from '../app/app';
import { Message, PathParam } from '../declaration/decorators';
import { Failure } from '../errors';
import { Scene, settled } from '../port.fixture';
import { WINDOW } from './inlet';
import { stream, StreamService, type StreamOptions } from './stream-service';
import type { StreamRequest } from './stream-request';
import { ignore, once, type Messages, type MessageKind, type OpenStreams, type Source } from './streams';

class Bid {
  @IsInt()
  amount!: number;
}

/** Values one by one, as the test gives them, and what became of the iteration. */
class Tap implements AsyncIterable<unknown> {
  taken = 0;
  returned = false;
  readonly #waiting: ((result: IteratorResult<unknown>) => void)[] = [];
  readonly #values: unknown[] = [];

  give(value: unknown): void {
    const next = this.#waiting.shift();
    if (next) next({ done: false, value });
    else this.#values.push(value);
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return {
      next: () => {
        this.taken++;
        if (this.#values.length > 0) return Promise.resolve({ done: false, value: this.#values.shift() });
        return new Promise((resolve) => this.#waiting.push(resolve));
      },
      return: () => {
        this.returned = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}

const apps: App[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.stop({ deadlineSeconds: 0 });
});

function running(open: OpenStreams<never>, options: StreamOptions = {}, appOptions: Partial<AppOptions> = {}): App {
  const app = new App({
    ...appOptions,
    services: [stream('/s/{id}', open as OpenStreams<string>, options as StreamOptions<'text'>)],
  });
  apps.push(app);
  return app;
}

const ways = [
  ['a connection that lasts', {}],
  ['polls', { polling: true, framed: true }],
] as const;

describe.each(ways)('Streams over %s', (_way, options) => {
  test('bring what is sent to the consumer, in order, and send what out gives', async () => {
    const app = running(() => {
      const echo = new TransformStream<string, string>();
      return { in: (messages: Messages<string>) => messages.pipeTo(echo.writable), out: echo.readable };
    });
    const client = await connect(app, '/s/1', options);
    for (const text of ['a', 'b', 'c']) await client.send(text);
    expect([await client.receive(), await client.receive(), await client.receive()]).toEqual(['a', 'b', 'c']);
  });

  test('end the connection with the end of out, when all of it was written', async () => {
    async function* counting() {
      for (let i = 0; i < 100; i++) {
        if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
        yield i;
      }
    }
    const client = await connect(
      running(() => ({ in: ignore, out: counting() })),
      '/s/1',
      options,
    );
    await client.closed;
    expect(client.messages).toEqual(Array.from({ length: 100 }, (_, i) => String(i)));
  });

  test('go on when the client comes back', async () => {
    const taps: Tap[] = [];
    const read: string[] = [];
    const app = running(() => {
      const out = new Tap();
      taps.push(out);
      return {
        out,
        in: async (messages: Messages<string>) => {
          for await (const message of messages) read.push(message);
          read.push('end');
        },
      };
    });
    const client = await connect(app, '/s/1', options);
    await client.send('before');
    await client.vanish();
    taps[0]?.give('meanwhile');
    await client.reconnect();
    expect(await client.receive()).toBe('meanwhile');
    await client.send('after');
    expect(taps).toHaveLength(1);
    await client.close();
    expect(read).toEqual(['before', 'after', 'end']);
    expect(taps[0]?.returned).toBe(true);
  });

  test('that end while the client is away wait until it has everything', async () => {
    let controller: ReadableStreamDefaultController | undefined;
    const app = running(() => ({ out: new ReadableStream({ start: (given) => void (controller = given) }) }));
    const client = await connect(app, '/s/1', options);
    await client.vanish();
    controller?.enqueue('meanwhile');
    controller?.close();
    await new Promise((resolve) => setImmediate(resolve));
    await client.reconnect();
    await client.closed;
    expect(client.messages).toEqual(['meanwhile']);
  });

  test('send one value and close in one line', async () => {
    const client = await connect(
      running(() => ({ in: ignore, out: once('Hello!') })),
      '/s/1',
      options,
    );
    await client.closed;
    expect(client.messages).toEqual(['Hello!']);
  });
});

describe('The request of a stream', () => {
  test('has headers, cookies, query and path variables, and a signal that the client is gone', async () => {
    let request: StreamRequest | undefined;
    const app = running((given) => {
      request = given;
      return { in: ignore };
    });
    const client = await connect(app, '/s/7?of=tea', { headers: { Cookie: 'who=me', 'X-Token': 't' } });
    expect(request?.params.get('id')).toBe('7');
    expect(request?.query.get('of')).toBe('tea');
    expect([request?.cookies['who'], request?.headers.get('x-token'), request?.path]).toEqual(['me', 't', '/s/7']);
    const { signal } = request!;
    expect(signal.aborted).toBe(false);
    await client.close();
    expect(signal.aborted).toBe(true);
  });

  test.each<[string, OpenStreams<never>]>([
    ['given back', () => new Failure('forbidden', 'Not today.')],
    ['given back later', () => Promise.resolve(new Failure('forbidden', 'Not today.'))],
    [
      'thrown',
      () => {
        throw new Failure('forbidden', 'Not today.');
      },
    ],
  ])('is refused by a failure that is %s: there is no resource', async (_how, open) => {
    const app = running(open);
    await expect(connect(app, '/s/1')).rejects.toMatchObject({ code: 'forbidden', message: 'Not today.' });
    expect(app.resources.size).toBe(0);
  });

  test('that is refused after the streams were opened lets out clean up', async () => {
    const out = new Tap();
    const app = running(() => {
      void app.stop({ deadlineSeconds: 0 });
      return { out };
    });
    await expect(connect(app, '/s/1')).rejects.toMatchObject({ code: 'stopping' });
    expect(out.returned).toBe(true);
  });
});

describe('The messages of a stream', () => {
  async function readsAs(messages: MessageKind, payload: unknown): Promise<unknown> {
    const read: unknown[] = [];
    const consume = async (all: Messages<unknown>) => {
      for await (const message of all) read.push(message);
    };
    const app = running(() => ({ in: consume }), { messages });
    const client = await connect(app, '/s/1');
    const failure = await client.send(payload);
    await client.close();
    await settled();
    return failure ? failure.code : read[0];
  }

  test('are text, bytes, JSON, a class, a schema, or whichever comes', async () => {
    expect(await readsAs('text', 'hello')).toBe('hello');
    expect(await readsAs('binary', Buffer.from([1]))).toEqual(Buffer.from([1]));
    expect(await readsAs('json', { a: 1 })).toEqual({ a: 1 });
    expect(await readsAs(Bid, { amount: 3 })).toBeInstanceOf(Bid);
    expect(await readsAs(z.object({ n: z.coerce.number() }), { n: '4' })).toEqual({ n: 4 });
    expect(await readsAs('any', Buffer.from([2]))).toEqual(Buffer.from([2]));
  });

  test('that can not be read are answered, and reach nobody', async () => {
    expect(await readsAs('json', 'no json')).toBe('malformed-message');
    expect(await readsAs(Bid, { amount: 'much' })).toBe('invalid-message');
    expect(await readsAs(z.string(), { n: 1 })).toBe('invalid-message');
  });

  test('are typed by their kind', () => {
    stream('/bids', () => ({ in: async (bids) => void (await bids.getReader().read()).value?.amount }), {
      messages: Bid,
    });
    // @ts-expect-error Text has no amount.
    stream('/texts', () => ({ in: async (texts) => void (await texts.getReader().read()).value?.amount }));
    StreamService({ path: '/x', messages: z.object({ n: z.number() }) })(
      class {
        open() {
          return { in: (messages: Messages<{ n: number }>) => messages.cancel() };
        }
      },
    );
  });
});

describe('Backpressure', () => {
  test('holds out back while its client takes nothing, and lets it go on when there is room', async () => {
    let given = 0;
    function* endless() {
      for (;;) yield given++;
    }
    const scene = new Scene([stream('/s', () => ({ out: endless() }))]);
    const client = scene.connect('socket', { path: '/s' });
    const turns = async () => {
      for (let i = 0; i < 10; i++) {
        await settled();
        scene.clock.turn();
      }
    };
    // A client that takes all is given some in each turn.
    await settled();
    expect(given).toBe(WINDOW);
    client.results.push('full');
    await turns();
    // One more was taken by the connection, which is full with it.
    expect(given).toBe(WINDOW + 1 + WINDOW);
    await turns();
    expect(given).toBe(WINDOW + 1 + WINDOW);
    client.results.push('ok', 'full');
    client.resource.drained(client);
    await turns();
    expect(given).toBe(WINDOW + 1 + WINDOW + 1 + WINDOW);
    const numbers = client.texts.filter((text) => /^\d+$/.test(text)).map(Number);
    expect(numbers).toEqual(Array.from({ length: WINDOW + 1 + WINDOW + 1 }, (_, index) => index));
    client.resource.close();
    await settled();
    const end = given;
    await settled();
    expect(given).toBe(end);
  });

  test('lets no more wait than the log holds', async () => {
    const out = Array.from({ length: 40 }, (_, i) => `${i}`.padStart(100, '.'));
    for (const config of [{ logMessages: 3 }, { logBytes: 500 }]) {
      const client = await connect(
        running(() => ({ out }), { config }),
        '/s/1',
        { polling: true, framed: true },
      );
      await client.closed;
      expect(client.messages).toEqual(out);
    }
  });

  test('holds the messages of a client back while its consumer has no room, and refuses what is too much', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const read: string[] = [];
    const consume = async (messages: Messages<string>) => {
      await gate;
      for await (const message of messages) read.push(message);
    };
    const app = running(() => ({ in: consume }), { limits: { maxPendingMessages: 3 } });
    const client = await connect(app, '/s/1');
    const outcomes: (Failure | undefined | 'pending')[] = [];
    const sent = Array.from({ length: WINDOW + 6 }, (_, i) => {
      outcomes.push('pending');
      return client.send(`${i}`).then((outcome) => (outcomes[i] = outcome));
    });
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    // The window is full with its last message; three wait in the inbox.
    const codes = outcomes.map((outcome) => (outcome instanceof Failure ? outcome.code : outcome));
    expect(codes).toEqual([
      ...Array.from({ length: WINDOW - 1 }, () => undefined),
      ...['pending', 'pending', 'pending', 'pending'],
      ...['overloaded', 'overloaded', 'overloaded'],
    ]);
    open();
    await Promise.all(sent);
    await client.close();
    await settled();
    expect(read).toEqual(Array.from({ length: WINDOW + 3 }, (_, i) => `${i}`));
  });
});

describe('The end of a stream', () => {
  async function connected(streams: object): Promise<{ client: MemoryClient; failures: string[] }> {
    const failures: string[] = [];
    const onError = ({ code, cause }: Failure) =>
      void failures.push(`${code} ${(cause as Error | undefined)?.message}`);
    const client = await connect(
      running(() => streams, {}, { onError }),
      '/s/1',
    );
    return { client, failures };
  }

  test('comes for in when the client is gone, after all that it had sent', async () => {
    const read: string[] = [];
    const { client } = await connected({
      in: async (messages: Messages<string>) => {
        for await (const message of messages) {
          await new Promise((resolve) => setImmediate(resolve));
          read.push(message);
        }
        read.push('end');
      },
    });
    const sent = Array.from({ length: WINDOW + 2 }, (_, i) => client.send(`${i}`));
    await client.close();
    await Promise.allSettled(sent);
    while (!read.includes('end')) await new Promise((resolve) => setImmediate(resolve));
    expect(read).toEqual([...Array.from({ length: WINDOW + 2 }, (_, i) => `${i}`), 'end']);
  });

  test('of a consumer lets out go on, and what still comes is ignored', async () => {
    const out = new Tap();
    const { client, failures } = await connected({ out, in: () => undefined });
    for (let i = 0; i < 3 * WINDOW; i++) expect(await client.send('x')).toBeUndefined();
    out.give('still here');
    expect(await client.receive()).toBe('still here');
    expect(failures).toEqual([]);
  });

  test('of a consumer that leaves its loop with messages waiting frees them', async () => {
    const { client } = await connected({
      in: async (messages: Messages<string>) => {
        for await (const _message of messages) break;
      },
    });
    for (let i = 0; i < 3 * WINDOW; i++) expect(await client.send('x')).toBeUndefined();
  });

  test.each<[string, object, string]>([
    ['a consumer throws', { in: () => Promise.reject(new RangeError('in broke')) }, 'in broke'],
    [
      'out throws',
      {
        out: (function* () {
          yield 'first';
          throw new RangeError('out broke');
        })(),
      },
      'out broke',
    ],
    ['out gives what can not be sent', { out: [undefined] }, "a undefined can't be encoded as JSON"],
  ])('comes when %s: the client is told', async (_what, streams, text) => {
    const { client, failures } = await connected(streams);
    expect((await client.closed)?.code).toBe('handler-failed');
    expect(client.messages.at(-1)).toContain('handler-failed');
    expect(failures).toEqual([`handler-failed ${text}`]);
  });

  test('lets out clean up when the client is gone, and what it throws then is reported', async () => {
    const out: Source = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        return: () => Promise.reject(new RangeError('cleaning failed')),
      }),
    };
    const { client, failures } = await connected({ out });
    await client.close();
    await settled();
    expect(failures).toEqual(['handler-failed cleaning failed']);
  });

  test('comes as well for a client that was admitted but never attached', () => {
    const out = new Tap();
    const scene = new Scene([stream('/s', () => ({ out }))]);
    const { resource, request } = scene.connect('socket', { path: '/s' });
    resource.close();
    expect(out.returned).toBe(true);
    const another = new Tap();
    const second = new Scene([stream('/s', () => ({ out: another }))]);
    void second.app.connect(request);
    second.clock.advance(120_000);
    expect([another.returned, another.taken]).toEqual([true, 0]);
  });
});

describe('A class with @StreamService', () => {
  @StreamService({ path: '/greetings/{name}' })
  class Greetings {
    @PathParam() name!: string;

    open(request: StreamRequest) {
      return { in: ignore, out: once(`${request.query.get('word') ?? 'Hello'} ${this.name}`) };
    }
  }

  test('opens the streams of each client', async () => {
    const app = new App({ services: [Greetings] });
    apps.push(app);
    const client = await connect(app, '/greetings/you?word=Hi');
    await client.closed;
    expect(client.messages).toEqual(['Hi you']);
  });

  test.each<[string, () => unknown, string]>([
    [
      'no open',
      () => StreamService('/x')(class Shut {} as never),
      'Shut has @StreamService but no method open(request)',
    ],
    ['no function', () => stream('/x', undefined as never), "stream('/x') needs a function that opens the streams"],
    [
      'methods of another kind',
      () => {
        class Mixed extends Greetings {
          @Message() onMessage(): void {}
        }
        return new App({ services: [Mixed] });
      },
      'Mixed.onMessage: @Message is for @ManagedService; a @StreamService gives its streams in open',
    ],
  ])('with %s is refused with what to mend', (_what, declare, text) => {
    expect(declare).toThrow(text);
  });

  test.each<[unknown, string]>([
    [undefined, 'open gave undefined; it must give { in, out }, or a Failure'],
    [{ out: 'text' }, 'out is string; it must be iterable, or a ReadableStream; for one text use once(text)'],
    [{ out: 3 }, 'out is number; it must be iterable'],
    [{ in: 'x' }, 'in is string; it must be a function that takes the messages'],
  ])('that gives %p refuses its clients, and says why', async (given, text) => {
    const error: unknown = await connect(
      running(() => given as never),
      '/s/1',
    ).catch((thrown: unknown) => thrown);
    expect(((error as Error).cause ?? error) as Error).toMatchObject({ message: expect.stringContaining(text) });
  });
});
