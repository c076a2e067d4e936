import { App, Failure, ManagedService, Message, type Timer, type WebCall } from '@ionosphere/core';
import { transportsOf } from './wire';
import { connectTimeout, grpcTimeout, millisOf, type Timeout } from './web-deadline';
import { webCallsOf } from './web';

let release: () => void = () => undefined;

@ManagedService('/slow')
class Slow {
  @Message()
  onText(text: string): Promise<string> | string {
    return text === 'wait' ? new Promise((resolve) => (release = () => resolve('late'))) : text;
  }
}

/** A timer that the test lets ring, and whether it is still to ring. */
interface Waiting extends Timer {
  readonly millis: number;
  readonly ring: () => void;
  isCancelled: boolean;
}

/** Calls of browsers without a wire, and the timers that they have set. */
class Scene {
  readonly app = new App({ services: [Slow] });
  readonly timers: Waiting[] = [];
  readonly #calls = webCallsOf(
    { app: this.app, transports: transportsOf('e'), maxTopics: 9, idleSeconds: 10 },
    100_000,
  );

  constructor() {
    jest.spyOn(this.app, 'after').mockImplementation((millis, ring) => {
      const timer = { millis, ring, isCancelled: false, cancel: () => void (timer.isCancelled = true) };
      this.timers.push(timer);
      return timer;
    });
  }

  /** A call of Connect, of which the answer is kept. */
  call(method: string, body: string, millis: string) {
    const enveloped = Buffer.concat([Buffer.of(0, 0, 0, 0, body.length), Buffer.from(body)]);
    const answer = { parts: [] as string[], ends: 0, gone: (): void => undefined };
    const call: WebCall = {
      method: 'POST',
      path: `${this.#calls.prefix}${method}`,
      headers: new Map([
        ['content-type', 'application/connect+json'],
        ['connect-timeout-ms', millis],
      ]),
      remoteAddress: '127.0.0.1',
      setHeader: () => undefined,
      end: (_status, _headers, whole) => {
        answer.ends++;
        answer.parts.push(String(whole));
      },
      start: () => undefined,
      write: (chunks) => (answer.parts.push(...chunks.map(String)), true),
      onWritable: () => undefined,
      onGone: (leaver) => (answer.gone = () => leaver.gone()),
      finish: () => answer.ends++,
    };
    this.#calls.serve(call, enveloped);
    return answer;
  }

  /** The timer of the call's deadline. */
  deadline(millis: number): Waiting {
    const found = this.timers.filter((timer) => timer.millis === millis);
    if (!found[0] || found.length > 1) throw new Error(`${found.length} timers of ${millis} ms`);
    return found[0];
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('The time that a client waits', () => {
  it.each<[Timeout, string, number]>([
    [connectTimeout, '0', 0],
    [connectTimeout, '1500', 1500],
    [connectTimeout, '9999999999', 9_999_999_999],
    [grpcTimeout, '2H', 7_200_000],
    [grpcTimeout, '3M', 180_000],
    [grpcTimeout, '99999999S', 99_999_999_000],
    [grpcTimeout, '250m', 250],
    [grpcTimeout, '500u', 0.5],
    [grpcTimeout, '0n', 0],
  ])('is read: %o', (timeout, value, millis) => {
    expect(millisOf(timeout, new Map([[timeout.header, value]]))).toBeCloseTo(millis);
    expect(millisOf(timeout, new Map())).toBeUndefined();
  });

  it.each<[Timeout, string]>([
    ...['', 'soon', '-1', '1.5', '1e3', '10000000000', '5S', '٣'].map(
      (value) => [connectTimeout, value] as [Timeout, string],
    ),
    ...['', 'S', '5', '5s', '-1S', '1.5S', '123456789S', '5SS', '5 S'].map(
      (value) => [grpcTimeout, value] as [Timeout, string],
    ),
  ])('is refused where the specification has none: %o %s', (timeout, value) => {
    const refused = millisOf(timeout, new Map([[timeout.header, value]])) as Failure;
    expect(refused).toBeInstanceOf(Failure);
    expect(refused.code).toBe('bad-request');
    expect(refused.message).toBe(`The header ${timeout.header} is "${value}"; it must be ${timeout.wanted}.`);
  });
});

describe('A call with a deadline', () => {
  const wait = '{"topic":"/slow","payload":"wait"}';

  it('that ends in time leaves no timer, and is answered once', async () => {
    const scene = new Scene();
    const send = scene.call('Send', '{"topic":"/slow","payload":"x"}', '7000');
    await turn();
    expect([send.ends, scene.deadline(7000).isCancelled]).toEqual([1, true]);
    scene.deadline(7000).ring();
    expect(send.ends).toBe(1);
    const subscribe = scene.call('Subscribe', '{"topic":"/slow"}', '8000');
    await turn();
    expect([subscribe.ends, scene.deadline(8000).isCancelled]).toEqual([0, false]);
    scene.app.broadcasters.lookup('/slow').resources[0]?.close();
    expect([subscribe.ends, scene.deadline(8000).isCancelled]).toEqual([1, true]);
  });

  it('whose client goes leaves no timer, and nothing is answered', async () => {
    const scene = new Scene();
    const send = scene.call('Send', wait, '7000');
    const subscribe = scene.call('Subscribe', '{"topic":"/slow"}', '8000');
    await turn();
    for (const { gone } of [send, subscribe]) gone();
    expect([7000, 8000].map((millis) => scene.deadline(millis).isCancelled)).toEqual([true, true]);
    release();
    await turn();
    expect([send.ends, subscribe.ends]).toEqual([0, 0]);
  });

  it('that is refused at once sets none', async () => {
    const scene = new Scene();
    for (const [method, body] of [
      ['Send', 'no JSON'],
      ['Subscribe', 'no JSON'],
      ['Nothing', '{}'],
    ] as const)
      scene.call(method, body, '7000');
    await turn();
    expect(scene.timers).toEqual([]);
  });

  it('that has passed is told, whatever the service says later, and the resource is away', async () => {
    const scene = new Scene();
    const send = scene.call('Send', wait, '7000');
    const subscribe = scene.call('Subscribe', '{"topic":"/slow"}', '8000');
    await turn();
    const [resource] = scene.app.broadcasters.lookup('/slow').resources;
    for (const millis of [7000, 8000]) scene.deadline(millis).ring();
    release();
    await turn();
    for (const { ends, parts } of [send, subscribe]) {
      expect(ends).toBe(1);
      expect(parts.at(-1)).toContain('"code":"deadline_exceeded","message":"The call took too long."');
      expect(parts.at(-1)).toContain('"x-atmosphere-error":["deadline-passed"]');
    }
    expect(resource?.state).toBe('away');
  });

  it('that is over before it begins does nothing', async () => {
    const scene = new Scene();
    const answers = [scene.call('Send', wait, '0'), scene.call('Subscribe', '{"topic":"/slow"}', '0')];
    await turn();
    for (const { parts } of answers) expect(parts.join()).toContain('deadline_exceeded');
    expect([scene.timers, scene.app.resources.size, scene.app.counters.messagesIn]).toEqual([[], 0, 0]);
  });
});
