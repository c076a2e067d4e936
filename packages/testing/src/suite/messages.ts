import assert from 'node:assert/strict';
import type { Behaviour } from './scene';
import { until } from './scene';

/** The interval of the server's heartbeats, and what they may be late at most, in milliseconds. */
const HEARTBEAT = 75_000;

const texts: Readonly<Record<string, string>> = {
  'with the delimiter': 'a|b||c|',
  'that looks like a frame': '5|hello',
  'that looks like an event': 'data: x\nevent: y\n: z',
  'with an emoji and accents': 'Zoë 😀 日本',
  'with CRLF': 'one\r\ntwo\r\n',
  'with a lone LF': 'one\ntwo',
  'with a lone CR': 'one\rtwo',
  'with an empty line': 'one\n\ntwo',
  'that ends with a line end': 'one\n',
  'that begins with a space': '  one\n two',
  'of one space': ' ',
  'of 64 KB': 'ü|0123456789abc\n'.repeat(4096),
};

const textBehaviours = Object.entries(texts).map(([kind, text]): Behaviour => [
  `carries a text ${kind}`,
  async (scene) => {
    const client = await scene.join('echo');
    await client.send(text);
    await scene.expect(client, scene.can.carriageReturn ? text : text.replace(/\r\n?/g, '\n'));
    await scene.expectNothingElse('echo', client);
  },
]);

/** What goes over the wire, and how it arrives. */
export const messages: readonly Behaviour[] = [
  [
    'begins with the handshake, which carries the uuid',
    async (scene) => {
      const client = await scene.join('room');
      assert.match(client.uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
      assert.equal(client.heartbeatMillis, 30_000);
      assert.equal(scene.resource(client).transport, scene.stage.harness.transport);
      await scene.expectNothingElse('room', client);
    },
  ],
  [
    'answers the sender alone',
    async (scene) => {
      const [sender, other] = await scene.pair('echo');
      await sender.send('hello');
      await scene.expect(sender, 'hello');
      await scene.expectNothingElse('echo', sender, other);
    },
  ],
  [
    'broadcasts the same text to all, the sender too',
    async (scene) => {
      const clients = [...(await scene.pair('room')), await scene.join('room')];
      await clients[0]?.send('hello | all');
      for (const client of clients) await scene.expect(client, 'hello | all');
      await scene.expectNothingElse('room', ...clients);
    },
  ],
  [
    'keeps 1000 messages in order, for two clients',
    async (scene) => {
      const [one, two] = await scene.pair('room');
      const all = Array.from({ length: 1000 }, (_, index) => `message ${index};`);
      scene.broadcast('room', ...all.slice(0, 500));
      await scene.expect(one, ...all.slice(0, 100));
      for (const text of all.slice(500)) {
        scene.broadcast('room', text);
        if (text.endsWith('0;')) await scene.turn();
      }
      await scene.expect(one, ...all.slice(100));
      await scene.expect(two, ...all);
      await scene.expectNothingElse('room', one, two);
    },
  ],
  [
    'hands what one client sends to the service in order',
    async (scene) => {
      const client = await scene.join('echo');
      const all = Array.from({ length: 100 }, (_, index) => `message ${index};`);
      for (const text of all) await client.send(text);
      await scene.expect(client, ...all);
      await scene.expectNothingElse('echo', client);
    },
  ],
  ...textBehaviours,
  [
    'carries bytes, as they are or as base64',
    async (scene) => {
      const client = await scene.join('echo');
      const bytes = Buffer.from([0, 1, 2, 0x0a, 0x0d, 0x7c, 0x80, 0xff, 0xfe]);
      await client.send(bytes);
      const arrived = await client.receive();
      if (scene.can.binary) assert.deepEqual(Buffer.from(arrived as Uint8Array), bytes);
      else assert.equal(arrived, bytes.toString('base64'));
      await scene.expectNothingElse('echo', client);
    },
  ],
  [
    'keeps the order of what is sent to one and what is broadcast',
    async (scene) => {
      const [one, two] = await scene.pair('room');
      const resource = scene.resource(one);
      resource.send('direct 1;');
      scene.broadcast('room', 'all 1;', 'all 2;');
      resource.send('direct 2;');
      resource.send('direct 3;');
      scene.broadcast('room', 'all 3;');
      await scene.expect(one, 'direct 1;', 'all 1;', 'all 2;', 'direct 2;', 'direct 3;', 'all 3;');
      await scene.expect(two, 'all 1;', 'all 2;', 'all 3;');
      await scene.expectNothingElse('room', one, two);
    },
  ],
  [
    "gives @Ready's return value to the new resource alone",
    async (scene) => {
      const first = await scene.join('welcome');
      await scene.expect(first, `welcome to ${scene.name}, ${first.uuid}`);
      const second = await scene.join('welcome');
      await scene.expect(second, `welcome to ${scene.name}, ${second.uuid}`);
      await scene.expectNothingElse('welcome', first, second);
    },
  ],
  [
    "keeps the server's heartbeats from the application",
    async (scene) => {
      const client = await scene.join('room');
      await scene.stage.clock.advance(HEARTBEAT);
      await until('a heartbeat', () => client.heartbeats === 1);
      await scene.attached(client);
      await scene.stage.clock.advance(HEARTBEAT);
      await until('a second heartbeat', () => client.heartbeats === 2);
      await scene.expectNothingElse('room', client);
    },
  ],
  [
    "calls @Heartbeat for the client's heartbeat, which is no message",
    async (scene) => {
      const client = await scene.join('room');
      await client.heartbeat();
      await scene.event('heartbeat', client);
      await client.heartbeat();
      await until('the second', () => scene.events('heartbeat', client).length === 2);
      await scene.expectNothingElse('room', client);
    },
  ],
  [
    'sends a client without the protocol neither handshake nor heartbeat',
    async (scene) => {
      const client = await scene.join('room', { protocol: false });
      scene.broadcast('room', 'one');
      await scene.expect(client, 'one');
      await scene.stage.clock.advance(HEARTBEAT);
      await scene.expectNothingElse('room', client);
      assert.equal(client.heartbeats, 0);
    },
  ],
];
