import { setImmediate } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import type { Crossed } from '@ionosphere/core';
import { Crossing } from './crossing';
import { Ring } from './ring';
import { Turnstile } from './turnstile';

/** What one thread sees, in order: what it received, and what it sent. */
interface Place {
  readonly crossing: Crossing;
  readonly seen: string[];
  say(text: string): void;
}

const textOf = (crossed: Crossed): string => ('payload' in crossed ? Buffer.from(crossed.payload).toString() : '');

/** Ends that are as those of two threads, and the posts that they send. */
class Places {
  readonly all: readonly Place[];
  readonly posts: unknown[] = [];
  /** Called with what arrives, when it is noted. */
  onReceive: (thread: number, text: string) => void = () => undefined;
  readonly #ear: BroadcastChannel;

  constructor(threads = 2) {
    const [shared, ring, channel] = [Turnstile.memory(threads), Ring.memory(threads), crypto.randomUUID()];
    this.all = Array.from({ length: threads }, (_, thread) => {
      const seen: string[] = [];
      const receive = (crossed: Crossed): void => {
        seen.push(textOf(crossed));
        this.onReceive(thread, textOf(crossed));
      };
      const wants = (id: string): boolean => id !== '/unwanted';
      const crossing = new Crossing({ thread, channel, turnstile: new Turnstile(shared), ring, wants, receive });
      const say = (text: string): void => {
        crossing.cross({ act: 'broadcast', id: '/a', payload: text, at: 1, remembered: true });
        seen.push(text);
      };
      return { crossing, seen, say };
    });
    this.#ear = new BroadcastChannel(channel);
    this.#ear.onmessage = (event) => void this.posts.push((event as { readonly data: unknown }).data);
  }

  async until(thread: number, count: number): Promise<string[]> {
    while ((this.all[thread] as Place).seen.length < count) await setImmediate();
    return (this.all[thread] as Place).seen;
  }

  close(): void {
    for (const { crossing } of this.all) crossing.close();
    this.#ear.close();
  }
}

describe('Crossing', () => {
  let places: Places;
  afterEach(() => places.close());

  it('carries all that there is of a broadcast', async () => {
    places = new Places();
    const seen: Crossed[] = [];
    const [shared, ring] = [Turnstile.memory(2), Ring.memory(2)];
    const [one, other] = [0, 1].map(
      (thread) =>
        new Crossing({
          thread,
          channel: 'all',
          turnstile: new Turnstile(shared),
          ring,
          wants: () => true,
          receive: (crossed) => void seen.push(crossed),
        }),
    ) as [Crossing, Crossing];
    const acts: Crossed[] = [
      { act: 'broadcast', id: '/a|1 2', payload: '|1 ä€😀', at: 1721000000000, key: 'k|', remembered: true },
      { act: 'broadcast', id: '', payload: '', at: 0, key: undefined, remembered: false },
      { act: 'broadcast', id: '/b', payload: new Uint8Array([0, 124, 255]), at: 1.5, key: '', remembered: true },
      { act: 'broadcastOnResume', id: '/b', payload: 'x', at: 2, key: undefined, remembered: true },
      { act: 'resumeAll', id: '/c' },
      { act: 'destroy', id: '/c' },
    ];
    for (const act of acts) one.cross(act);
    while (seen.length < acts.length) await setImmediate();
    expect(seen).toEqual(acts);
    one.close();
    other.close();
  });

  it('wakes who listens once, and not who looks by itself, however much crosses in a turn', async () => {
    places = new Places();
    for (let count = 0; count < 100; count++) places.all[0]?.say(`${count}`);
    expect(await places.until(1, 100)).toEqual(places.all[0]?.seen);
    expect(places.posts).toEqual(['look']);
  });

  it('wakes again, each time', async () => {
    places = new Places();
    for (let turn = 1; turn <= 50; turn++) {
      places.all[turn % 2]?.say(`${turn}`);
      await places.until((turn + 1) % 2, turn);
      // Sometimes so soon that it does not listen yet.
      for (let wait = 0; wait < turn % 4; wait++) await setImmediate();
    }
    expect(places.all[1]?.seen).toEqual(places.all[0]?.seen);
  });

  it('sees what crosses just when it begins to listen, which wakes nobody', async () => {
    places = new Places();
    const listen = jest.spyOn(Ring.prototype, 'listen').mockImplementationOnce(function (this: Ring) {
      places.all[0]?.say('between');
      this.listen();
    });
    places.all[0]?.say('before');
    expect(await places.until(1, 2)).toEqual(['before', 'between']);
    expect(places.posts).toEqual(['look']);
    listen.mockRestore();
  });

  it('keeps the order when what is too large for the ring goes another way', async () => {
    places = new Places();
    const large = 'x'.repeat(500_000);
    for (const text of ['a', large, 'b', `${large}1`, `${large}2`, 'c']) places.all[0]?.say(text);
    expect((await places.until(1, 6)).map((text) => text.slice(-2))).toEqual(['a', 'xx', 'b', 'x1', 'x2', 'c']);
    expect(places.posts).toHaveLength(4);
  });

  it('gives a thread that was busy all that it has not seen, in order, before its own', () => {
    places = new Places();
    const said = Array.from({ length: 3000 }, (_, index) => `${index} ${'y'.repeat(1000)}`);
    for (const text of said) places.all[0]?.say(text);
    places.all[1]?.say('mine');
    expect(places.all[1]?.seen).toEqual([...said, 'mine']);
  });

  it('has one order when who is told of a message broadcasts at once', async () => {
    places = new Places(3);
    places.onReceive = (thread, text) => {
      if (thread !== 0 && text.endsWith('?')) places.all[thread]?.say(`${thread} answers ${text.slice(0, -1)}`);
    };
    places.all[0]?.say('one?');
    places.all[1]?.say('two?');
    places.all[2]?.say('three?');
    const count = 3 + 2 + 1 + 1;
    const orders = await Promise.all([0, 1, 2].map((thread) => places.until(thread, count)));
    expect(new Set(orders.map((order) => order.join())).size).toBe(1);
  });

  it('does not give what nobody wants', async () => {
    places = new Places();
    const { all } = places;
    const unwanted = { act: 'broadcast', id: '/unwanted', at: 1, remembered: true } as const;
    all[0]?.crossing.cross({ ...unwanted, payload: 'small' });
    all[0]?.crossing.cross({ ...unwanted, payload: 'x'.repeat(1_000_000) });
    all[0]?.say('wanted');
    expect(await places.until(1, 1)).toEqual(['wanted']);
  });

  it('says what it has to say before it is closed, and nothing after', async () => {
    places = new Places();
    const { all } = places;
    all[0]?.say('goodbye');
    all[0]?.crossing.close();
    all[0]?.say('too late');
    expect(await places.until(1, 1)).toEqual(['goodbye']);
    all[1]?.say('alone');
    await setImmediate();
    expect(all[1]?.seen).toEqual(['goodbye', 'alone']);
  });
});
