import { serve, silentLogger, type FailureMessage, type Server } from '@ionosphere/server';
import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { WebSocket } from 'ws';
import { Chat } from './chat';

interface Told {
  readonly type?: string;
  readonly [key: string]: unknown;
}

let server: Server;

beforeAll(async () => {
  server = await serve({ port: 0, host: '127.0.0.1', services: [Chat], signals: [], logger: silentLogger });
});

afterAll(() => server.stop({ deadlineSeconds: 1 }));

let rooms = 0;
const newRoom = (): string => `room${++rooms}`;
const tabOf = (name: string): string => `${name}-secret-tab`;
const address = (room: string, name: string, tab = tabOf(name)): string =>
  `${server.url}/chat/${room}?name=${encodeURIComponent(name)}&tab=${encodeURIComponent(tab)}`;

/** Somebody in a room, and all that the room told. */
class Visitor {
  readonly told: Told[] = [];
  readonly #socket: WebSocket;

  private constructor(url: string) {
    this.#socket = new WebSocket(url.replace('http', 'ws'));
    this.#socket.on('message', (data: Buffer) => {
      this.told.push(JSON.parse(data.toString()) as Told);
      this.#socket.emit('told');
    });
  }

  static async come(room: string, name: string, tab?: string): Promise<Visitor> {
    const visitor = new Visitor(address(room, name, tab));
    await visitor.hears('welcome');
    return visitor;
  }

  say(id: string, text: string): void {
    this.send({ id, text });
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** Waits until the room told such a thing, and gives it. */
  async until(isIt: (told: Told) => boolean): Promise<Told> {
    for (;;) {
      const heard = this.told.find(isIt);
      if (heard) return heard;
      await once(this.#socket, 'told');
    }
  }

  hears(type: string): Promise<Told> {
    return this.until((told) => told.type === type);
  }

  /** Waits for a line; what was said before it has been told by then. */
  reads(id: string): Promise<Told> {
    return this.until((told) => told.id === id);
  }

  types(): (string | undefined)[] {
    return this.told.map(({ type }) => type);
  }

  async leave(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}

test('who comes is welcomed with those who are here, and they are told', async () => {
  const room = newRoom();
  const ada = await Visitor.come(room, 'Ada');
  const grace = await Visitor.come(room, 'Grace');
  const people = [
    { id: 1, name: 'Ada', transport: 'websocket' },
    { id: 2, name: 'Grace', transport: 'websocket' },
  ];
  expect(await grace.hears('welcome')).toMatchObject({ you: 2, people, recent: [], gap: false });
  await ada.until(({ type, person }) => type === 'joined' && isDeepStrictEqual(person, people[1]));
  await grace.leave();
  expect(await ada.hears('left')).toEqual({ type: 'left', person: people[1] });
  expect(JSON.stringify(ada.told)).not.toContain(tabOf('Grace'));
  await ada.leave();
});

test('a line reaches everybody in the room once, however often its page sends it', async () => {
  const room = newRoom();
  const [ada, grace, elsewhere] = [
    await Visitor.come(room, 'Ada'),
    await Visitor.come(room, 'Grace'),
    await Visitor.come(newRoom(), 'Linus'),
  ];
  ada.say('ada-line-1', '<b>hi</b>');
  ada.say('ada-line-1', '<b>hi</b>');
  ada.say('ada-line-2', 'again');
  await grace.reads('ada-line-2');
  const lines = grace.told.filter(({ type }) => type === 'message');
  expect(lines).toEqual([
    { type: 'message', id: 'ada-line-1', text: '<b>hi</b>', from: 1, name: 'Ada', time: expect.any(Number) },
    { type: 'message', id: 'ada-line-2', text: 'again', from: 1, name: 'Ada', time: expect.any(Number) },
  ]);
  expect(elsewhere.types()).not.toContain('message');
  await Promise.all([ada.leave(), grace.leave(), elsewhere.leave()]);
});

test('who comes later reads the last 50 lines', async () => {
  const room = newRoom();
  const ada = await Visitor.come(room, 'Ada');
  for (let n = 1; n <= 60; n++) ada.say(`ada-line-${n}`, `line ${n}`);
  await ada.reads('ada-line-60');
  const { recent } = (await (await Visitor.come(room, 'Grace')).hears('welcome')) as unknown as { recent: Told[] };
  expect(recent.map(({ text }) => text)).toEqual(Array.from({ length: 50 }, (_, n) => `line ${n + 11}`));
});

test('a tab that comes by a second connection is the same person, and stays when the first one ends', async () => {
  const room = newRoom();
  const grace = await Visitor.come(room, 'Grace');
  const before = await Visitor.come(room, 'Ada');
  const after = await Visitor.come(room, 'Ada');
  expect(await after.hears('welcome')).toMatchObject({ you: 2 });
  await before.leave();
  after.say('still-here', 'still here');
  await grace.reads('still-here');
  expect(grace.types().filter((type) => type !== 'welcome')).toEqual(['joined', 'joined', 'changed', 'message']);
  await after.leave();
  expect(await grace.hears('left')).toMatchObject({ person: { id: 2 } });
  await grace.leave();
});

test.each([
  ['no name', '', 'tab-secret'],
  ['a blank name', '   ', 'tab-secret'],
  ['a long name', 'x'.repeat(41), 'tab-secret'],
  ['a name with a line end', 'Ada\nGrace', 'tab-secret'],
  ['a name that turns the text around', 'Ada\u202e', 'tab-secret'],
  ['a short tab', 'Ada', 'tab'],
  ['a tab with other characters', 'Ada', 'tab|secret'],
])('%s is refused before there is a connection', async (_what, name, tab) => {
  const response = await fetch(
    `${address('room', name, tab)}&X-Atmosphere-Transport=long-polling&X-atmo-protocol=true`,
  );
  expect([response.status, ((await response.json()) as FailureMessage).error.code]).toEqual([400, 'bad-request']);
});

test.each([
  ['an empty line', { id: 'line-id-1', text: '' }],
  ['a blank line', { id: 'line-id-1', text: ' \n ' }],
  ['a long line', { id: 'line-id-1', text: 'x'.repeat(501) }],
  ['a line without an id', { text: 'hi' }],
  ['a line in somebody else’s name', { id: 'line-id-1', text: 'hi', name: 'Grace' }],
])('%s is answered with an error, to its sender alone', async (_what, line) => {
  const room = newRoom();
  const [ada, grace] = [await Visitor.come(room, 'Ada'), await Visitor.come(room, 'Grace')];
  ada.send(line);
  ada.say('line-id-2', 'this one is well');
  await Promise.all([ada.reads('line-id-2'), grace.reads('line-id-2')]);
  expect(ada.told.at(-2)).toMatchObject({ error: { code: 'invalid-message' } });
  expect(grace.told.filter(({ type }) => type !== 'welcome')).toMatchObject([{ type: 'joined' }, { id: 'line-id-2' }]);
  await Promise.all([ada.leave(), grace.leave()]);
});
