import { once } from 'node:events';
import http from 'node:http';
import { WebSocket } from 'ws';
import { WebSocketClient } from '../../packages/server/src/suite-clients.fixture';
import {
  JsonpClient,
  PollingClient,
  SseClient,
  StreamingClient,
} from '../../packages/server/src/suite-http-clients.fixture';
import { Program } from '../child.fixture';
import { Client, transports } from '../client.fixture';
import { eventually } from '../journal.fixture';
import { RawConnection } from '../raw-connection.fixture';

const clients = {
  websocket: WebSocketClient,
  sse: SseClient,
  streaming: StreamingClient,
  'long-polling': PollingClient,
  jsonp: JsonpClient,
} as const;
type Kind = keyof typeof clients;
const kinds = Object.keys(clients) as Kind[];

type AnyClient = InstanceType<(typeof clients)[Kind]>;

let program: Program;

/** A client that has connected. */
async function join(kind: Kind, path: string): Promise<AnyClient> {
  const client = new clients[kind]({ url: program.url, path, framed: true, protocol: true, ca: undefined });
  await client.reconnect();
  return client;
}

/** What the server has said of a resource. */
function events(what: 'ready' | 'disconnect', uuid: string): string[] {
  return program.text.split('\n').filter((line) => line.startsWith(`event ${what} ${uuid}`));
}

/** What a GET over a connection of its own is answered. */
async function get(path: string): Promise<string> {
  const [response] = (await once(http.get(program.url + path, { agent: false }), 'response')) as [http.IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}

async function health(): Promise<Record<string, unknown>> {
  return JSON.parse(await get('/health')) as Record<string, unknown>;
}

/** Lets the next connection be one that this resource's thread does not get: they are handed out in turn. */
async function nextIsElsewhere({ uuid }: { readonly uuid: string }): Promise<void> {
  const home = `${Number.parseInt(uuid.slice(-2), 16)}`;
  while ((await get('/thread')) !== home);
}

/** The connection breaks, and the server has seen it. */
async function vanish(client: { readonly uuid: string; vanish(): Promise<void> }, polls = false): Promise<void> {
  const state = `/state?uuid=${client.uuid}`;
  while ((await get(state)) !== 'ready');
  await client.vanish();
  while ((await get(state)) !== (polls ? 'broken' : 'away'));
}

/** Two clients whose resources live in different threads. */
async function twoThreads(kind: Kind, path: string): Promise<AnyClient[]> {
  const first = await join(kind, path);
  for (;;) {
    await nextIsElsewhere(first);
    const second = await join(kind, path);
    if (second.uuid.slice(-2) !== first.uuid.slice(-2)) return [first, second];
    // A poll in between had the connection.
    await second.close();
  }
}

/** A client whose connection broke comes back where its resource is not, and has what was said meanwhile. */
async function comesBackElsewhere(client: AnyClient | undefined, speaker: AnyClient | undefined): Promise<void> {
  if (!client || !speaker) throw new Error('nobody is there');
  const { uuid } = client;
  await vanish(client, client instanceof PollingClient);
  await speaker.send('missed');
  await nextIsElsewhere(client);
  await client.reconnect();
  expect(client.uuid).toBe(uuid);
  await client.send('back');
  while (client.messages.length < 2) await client.receive();
  expect(client.messages).toEqual(['missed', 'back']);
}

describe('Services in two threads', () => {
  beforeAll(async () => {
    program = await Program.start('threads/server.mjs', '2');
  });

  afterEach(() => Client.closeAll());

  afterAll(() => program.end());

  test('are behind one port, and run in no other thread', async () => {
    const [one, other] = await twoThreads('websocket', '/desk');
    await one?.send('thread');
    await other?.send('thread');
    const threads = [await one?.receive(), await other?.receive()];
    expect(new Set(threads).size).toBe(2);
    expect(threads).not.toContain('thread 0');
    await Promise.all([one?.close(), other?.close()]);
  });

  test('are one conversation over all transports: what is said at once arrives everywhere in the same order', async () => {
    const all = [];
    for (const kind of [...kinds, ...kinds]) all.push(await join(kind, '/chat/order'));
    expect(new Set(all.map(({ uuid }) => uuid.slice(-2)))).toEqual(new Set(['00', '01']));
    const said = all.flatMap((_, index) => Array.from({ length: 20 }, (_, turn) => `${index}.${turn}`));
    await Promise.all(
      all.map(async (client, index) => {
        for (let turn = 0; turn < 20; turn++) await client.send(`${index}.${turn}`);
      }),
    );
    const heard = await Promise.all(
      all.map(async (client) => {
        const texts = [];
        while (texts.length < said.length) texts.push(await client.receive());
        return texts;
      }),
    );
    expect(heard[0]?.toSorted()).toEqual(said.toSorted());
    for (const texts of heard) expect(texts).toEqual(heard[0]);
    await Promise.all(all.map((client) => client.close()));
  });

  test('answer polls that say the same, over the connection of whichever thread they come', async () => {
    const speaker = await join('websocket', '/chat/polls');
    const query = 'X-Atmosphere-Framework=5.0.7&X-Atmosphere-Transport=long-polling&X-atmo-protocol=true';
    const agents = [0, 1].map(() => new http.Agent({ keepAlive: true, maxSockets: 1 }));
    const ask = async (path: string, agent?: http.Agent): Promise<http.IncomingMessage> =>
      (await once(http.get(program.url + path, { agent }), 'response'))[0] as http.IncomingMessage;
    const greeting = await ask(`/chat/polls?${query}`, agents[0]);
    greeting.resume();
    await once(greeting, 'end');
    const uuid = String(greeting.headers['x-atmosphere-tracking-id']);
    // The connection of the other agent is to belong to the thread that does not have the resource.
    await nextIsElsewhere({ uuid });
    const threads: string[] = [];
    const said: string[] = [];
    for (let poll = 0; poll < 20; poll++) {
      const agent = agents[(poll >> 1) % 2];
      const answer = ask(`/chat/polls?${query}&X-Atmosphere-tracking-id=${uuid}`, agent);
      while ((await get(`/state?uuid=${uuid}`)) !== 'ready');
      await speaker.send(`${poll}`);
      const response = await answer;
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      said.push(text.replace('\uFEFF', ''));
      expect(response.statusCode).toBe(200);
      expect(response.headers).toMatchObject({ 'x-atmosphere-tracking-id': uuid, expires: '-1' });
      const where = await ask('/thread', agent);
      for await (const chunk of where.setEncoding('utf8')) threads.push(String(chunk));
    }
    expect(said).toEqual(Array.from({ length: 20 }, (_, poll) => `${poll}`));
    expect(new Set(threads).size).toBe(2);
    for (const agent of agents) agent.destroy();
    await speaker.close();
  });

  test.each(kinds)('find a client that comes back elsewhere, and give it what it missed, once: %s', async (kind) => {
    const path = `/chat/return-${kind}`;
    const [client, speaker] = await twoThreads(kind, path);
    if (!client || !speaker) throw new Error('nobody is there');
    const { uuid } = client;
    const said: string[] = [];
    const polls = kind === 'long-polling' || kind === 'jsonp';
    for (let time = 0; time < 4; time++) {
      await vanish(client, polls);
      for (const text of [`${time}.a`, `${time}.b`]) {
        await speaker.send(text);
        expect(await speaker.receive()).toBe(text);
        said.push(text);
      }
      await nextIsElsewhere(client);
      await client.reconnect();
      expect(client.uuid).toBe(uuid);
      await client.send(`${time}.c`);
      said.push(`${time}.c`);
      expect(await speaker.receive()).toBe(`${time}.c`);
      while (client.messages.length < said.length) await client.receive();
      expect(client.messages).toEqual(said);
    }
    await eventually(() => events('ready', uuid).length === (polls ? 1 : 5), '@Ready was called');
    for (const line of events('ready', uuid)) expect(line).toContain('gap=false');
    expect(new Set(events('ready', uuid).map((line) => /thread=\d+/.exec(line)?.[0])).size).toBe(1);
    expect(events('disconnect', uuid)).toEqual([]);
    await client.close();
    if (kind === 'websocket') await eventually(() => events('disconnect', uuid).length === 1, '@Disconnect was called');
    await speaker.close();
  });

  test.each(kinds)('are added to in onInit, and then found in all threads: %s', async (kind) => {
    const path = `/late/${kind}`;
    const [client, speaker] = await twoThreads(kind, path);
    await comesBackElsewhere(client, speaker);
    await Promise.all([client?.close(), speaker?.close()]);
  });

  test('have streams that were added in onInit in all threads', async () => {
    const all = await twoThreads('websocket', '/streamed');
    for (const client of all) expect(await client.receive()).toBe('streamed');
  });

  test.each(transports)('serve the unmodified client from npm over %s', async (transport) => {
    const url = `${program.url}/chat/npm-${transport}`;
    const all = [];
    for (let count = 0; count < 4; count++) all.push(await Client.open(url, { transport, track: true }));
    for (const [index, client] of all.entries()) {
      client.push(`hello ${index}`);
      for (const listener of all) expect((await listener.received(index + 1)).at(-1)).toBe(`hello ${index}`);
    }
  });

  test('bring an EventSource that comes back exactly what came after its last event', async () => {
    const [, speaker] = await twoThreads('websocket', '/chat/source');
    const read = async (id: string | undefined, count: number): Promise<{ id: string; data: string }[]> => {
      const response = await fetch(`${program.url}/chat/source`, {
        headers: { accept: 'text/event-stream', ...(id && { 'last-event-id': id }) },
      });
      const found: { id: string; data: string }[] = [];
      let text = '';
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += Buffer.from(chunk).toString();
        for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
          const event = text.slice(0, at);
          text = text.slice(at + 2);
          found.push({ id: /id:(.*)/.exec(event)?.[1] ?? '', data: /data:(.*)/.exec(event)?.[1] ?? '' });
          if (found.length === 1 && id === undefined) void speaker?.send('first').then(() => speaker.send('second'));
        }
        if (found.filter(({ data }) => data !== '').length >= count) break;
      }
      return found.filter(({ id: own }) => own !== '');
    };
    const before = await read(undefined, 1);
    const position = before.findLast(({ data }) => data === 'first')?.id ?? before[0]?.id;
    await speaker?.send('third');
    const after = await read(position, 2);
    expect(after.map(({ data }) => data).filter((data) => data !== '')).toEqual(['second', 'third']);
    await speaker?.close();
  });

  test('leave out the sender in all threads, and refuse a condition, which other threads could not look at', async () => {
    const [one, other] = await twoThreads('websocket', '/desk');
    await one?.send('others hello');
    expect(await other?.receive()).toBe('hello');
    await one?.send('some of you');
    expect(JSON.parse(String(await one?.receive()))).toMatchObject({ error: { code: 'handler-failed' } });
    await program.output.until(
      () => program.text.includes("`to` can't be a function when the services run in several threads"),
      'the log has the mend',
    );
    expect(one?.messages).toHaveLength(1);
    await Promise.all([one?.close(), other?.close()]);
  });

  test.each(['Transfer-Encoding: gzip', 'Content-Length: x', 'Content-Length:'])(
    'refuse a handshake for another thread that ends no one knows where: %s',
    async (header) => {
      const client = await join('websocket', '/chat/handshakes');
      const target = `/chat/handshakes?X-Atmosphere-Transport=websocket&X-Atmosphere-tracking-id=${client.uuid}`;
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
      const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', key];
      for (let count = 0; count < 3; count++) {
        await nextIsElsewhere(client);
        const connection = new RawConnection(Number(new URL(program.url).port));
        const refused = connection.request('GET', target, [...upgrade, header, '', '']).until(/^HTTP\/1\.1 (\d+)/);
        expect((await refused)[1]).toBe('400');
      }
      expect(await health()).toMatchObject({ threads: 2, status: 'up' });
      expect(program.text).not.toContain('A thread has ended');
      await client.close();
    },
  );

  test('tell their health together', async () => {
    const [one, other] = await twoThreads('websocket', '/desk');
    const { resources, threads, status } = await health();
    expect({ threads, status }).toEqual({ threads: 2, status: 'up' });
    expect(resources).toBeGreaterThanOrEqual(2);
    await Promise.all([one?.close(), other?.close()]);
  });

  test('bring a client that was away long all that it missed, however slowly it takes it from another thread', async () => {
    const [client, speaker] = await twoThreads('websocket', '/chat/much');
    if (client) await vanish(client);
    const text = 'x'.repeat(30_000);
    for (let count = 0; count < 60; count++) await speaker?.send(`${count} ${text}`);
    while ((speaker?.messages.length ?? 0) < 60) await speaker?.receive();
    if (client) await nextIsElsewhere(client);
    await client?.reconnect();
    while ((client?.messages.length ?? 0) < 60) await client?.receive();
    expect(client?.messages.map((message) => Number.parseInt(String(message), 10))).toEqual(
      Array.from({ length: 60 }, (_, count) => count),
    );
    await Promise.all([client?.close(), speaker?.close()]);
  });
});

describe('A thread that ends', () => {
  beforeAll(async () => {
    program = await Program.start('threads/server.mjs', '2');
  });

  afterAll(() => program.end());

  test.each(['throw', 'exit'])(
    'is replaced, and disturbs nobody else; its clients are told of the gap: %s',
    async (how) => {
      const [mine, yours] = await twoThreads('websocket', `/chat/${how}`);
      if (!mine || !yours) throw new Error('nobody is there');
      const killer = await join('websocket', '/desk');
      const [left, stays] = killer.uuid.slice(-2) === mine.uuid.slice(-2) ? [mine, yours] : [yours, mine];
      const { uuid } = left;
      await killer.send(how);
      await Promise.all([left.closed, killer.closed]);
      await stays.send('still here');
      expect(await stays.receive()).toBe('still here');
      let told: Record<string, unknown> = {};
      while (told['threads'] !== 2) told = await health();
      await left.reconnect();
      expect(left.uuid).not.toBe(uuid);
      await eventually(() => events('ready', left.uuid).length === 1, '@Ready was called');
      expect(events('ready', left.uuid)[0]).toContain('gap=true');
      await left.send('back again');
      expect(await stays.receive()).toBe('back again');
      expect(await left.receive()).toBe('back again');
      expect(program.text).toContain(how === 'throw' ? 'failed on purpose' : 'called process.exit, with 3');
      await Promise.all([left.close(), stays.close()]);
    },
  );

  test('lets connections go that other threads hold for it: their clients come back', async () => {
    const [mine, yours] = await twoThreads('sse', '/chat/held');
    if (!mine || !yours) throw new Error('nobody is there');
    const killer = await join('websocket', '/desk');
    const left = killer.uuid.slice(-2) === mine.uuid.slice(-2) ? mine : yours;
    await nextIsElsewhere(left);
    await left.reconnect();
    const { uuid } = left;
    await killer.send('throw');
    await left.closed;
    await left.reconnect();
    expect(left.uuid).not.toBe(uuid);
    await Promise.all([mine.close(), yours.close()]);
  });
});

describe('Services in two threads below a base path', () => {
  beforeAll(async () => {
    program = await Program.start('threads/server.mjs', '2', JSON.stringify({ basePath: '/my-app' }));
  });

  afterAll(() => program.end());

  test.each(kinds)('find a client that comes back elsewhere: %s', async (kind) => {
    expect(new URL(program.url).pathname).toBe('/my-app');
    const [client, speaker] = await twoThreads(kind, `/chat/based-${kind}`);
    await comesBackElsewhere(client, speaker);
    await Promise.all([client?.close(), speaker?.close()]);
  });

  test('are nowhere else, in whichever thread', async () => {
    const { origin } = new URL(program.url);
    for (let count = 0; count < 4; count++) {
      expect((await fetch(`${origin}/chat/based`, { headers: { connection: 'close' } })).status).toBe(404);
      expect((await fetch(`${origin}/health`, { headers: { connection: 'close' } })).status).toBe(200);
    }
  });
});

describe('The end of a server with threads', () => {
  afterEach(() => program.end());

  test('is in order: clients are told, @Disconnect is called once for each, and the process ends by itself', async () => {
    program = await Program.start('threads/server.mjs', '2');
    const sockets = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const socket = new WebSocket(`${program.url.replace('http', 'ws')}/chat/end`);
        await once(socket, 'open');
        return socket;
      }),
    );
    await eventually(() => program.text.split('event ready').length === 7, 'all are ready');
    const closes = sockets.map(async (socket) => ((await once(socket, 'close')) as [number])[0]);
    program.signal('SIGTERM');
    expect(await Promise.all(closes)).toEqual([1012, 1012, 1012, 1012, 1012, 1012]);
    expect(await program.exited()).toBe(0);
    expect(program.text.split('event disconnect')).toHaveLength(7);
    expect(program.text).toContain('stopped');
  });

  test('by process.exit does not abort the process', async () => {
    program = await Program.start('threads/server.mjs', '2');
    const socket = new WebSocket(`${program.url.replace('http', 'ws')}/chat/end`);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    program.signal('SIGUSR2');
    await closed;
    expect(await program.exited()).toBe(0);
    expect(program.text).not.toContain('open handles');
  });
});

test('Threads that broadcast at the same time agree on the order', async () => {
  program = await Program.run('threads/order.mjs');
  const told = [...program.text.matchAll(/order (\d+) (\w+) (\d+)/g)];
  expect(told.map(([, count]) => count)).toEqual(['12000', '12000', '12000']);
  expect(new Set(told.map(([, , hash]) => hash)).size).toBe(1);
  expect(Number(told[0]?.[3])).toBeGreaterThan(9);
});
