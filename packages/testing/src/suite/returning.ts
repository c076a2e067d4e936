import assert from 'node:assert/strict';
import type { Behaviour } from './scene';

/** What happens when a connection breaks and its client comes back. */
export const returning: readonly Behaviour[] = [
  [
    'gives a client that returns what it missed, once, in order, before anything newer',
    async (scene) => {
      const [client, witness] = await scene.pair('room');
      const { uuid } = client;
      await client.send('before;');
      await scene.expect(client, 'before;');
      await scene.lose(client);
      scene.broadcast('room', 'one;', 'two | 2;', 'three 😀;');
      await client.reconnect();
      scene.broadcast('room', 'newer;');
      await scene.expect(client, 'one;', 'two | 2;', 'three 😀;', 'newer;');
      await scene.expect(witness, 'before;', 'one;', 'two | 2;', 'three 😀;', 'newer;');
      assert.equal(client.uuid, uuid);
      await scene.expectNothingElse('room', client, witness);
    },
  ],
  [
    'gives what was sent to it alone, too, in its place among the rest',
    async (scene) => {
      const client = await scene.join('room');
      const resource = scene.resource(client);
      await scene.lose(client);
      scene.broadcast('room', 'one;');
      resource.send('for you;');
      scene.broadcast('room', 'two;');
      await scene.regain(client);
      await scene.expect(client, 'one;', 'for you;', 'two;');
      await scene.expectNothingElse('room', client);
    },
  ],
  [
    'bears two breaks in a row',
    async (scene) => {
      const client = await scene.join('room');
      await scene.lose(client);
      scene.broadcast('room', 'one;');
      await scene.regain(client);
      await scene.expect(client, 'one;');
      await scene.lose(client);
      await scene.regain(client);
      await scene.lose(client);
      scene.broadcast('room', 'two;', 'three;');
      await scene.regain(client);
      await scene.expect(client, 'two;', 'three;');
      await scene.expectNothingElse('room', client);
    },
  ],
  [
    'handles what a client sends after its return',
    async (scene) => {
      const client = await scene.join('echo');
      await scene.lose(client);
      await scene.regain(client);
      await client.send('here I am');
      await scene.expect(client, 'here I am');
    },
  ],
  [
    'calls no @Disconnect for a client that returns in time, and tells @Ready that it recovered',
    async (scene) => {
      const client = await scene.join('room');
      await scene.lose(client);
      scene.broadcast('room', 'one;');
      await scene.stage.clock.advance(5000);
      await scene.regain(client);
      await scene.expect(client, 'one;');
      const recovered = scene.events('ready', client).map((event) => event['recovered']);
      assert.deepEqual(recovered, scene.can.announcesReturn ? [false, true] : [false]);
      await scene.stage.clock.advance(50_000);
      assert.deepEqual(scene.events('disconnect', client), []);
    },
  ],
  [
    'tells @Ready of a gap when the log was too small',
    async (outer) => {
      const scene = await outer.apart({ logMessages: 3 });
      const client = await scene.join('room');
      await scene.lose(client);
      scene.broadcast('room', 'one;', 'two;', 'three;', 'four;', 'five;');
      await scene.regain(client);
      await scene.expect(client, 'three;', 'four;', 'five;');
      await scene.attached(client);
      const [first, second, ...more] = scene.events('ready', client);
      assert.deepEqual([first?.['gap'], second?.['gap'], second?.['recovered']], [false, true, false]);
      assert.deepEqual(more, []);
      await scene.expectNothingElse('room', client);
    },
  ],
  [
    'lets a newer connection replace the older',
    async (scene) => {
      const [client, witness] = await scene.pair('room');
      const { uuid } = client;
      await scene.regain(client);
      assert.equal(client.uuid, uuid);
      scene.broadcast('room', 'one;');
      await scene.expect(client, 'one;');
      await scene.expect(witness, 'one;');
      await scene.expectNothingElse('room', client, witness);
      assert.deepEqual(scene.events('disconnect', client), []);
    },
  ],
  [
    'lets a client that returns too late begin anew',
    async (scene) => {
      const client = await scene.join('room');
      await scene.lose(client);
      await scene.stage.clock.advance(31_000);
      await scene.event('disconnect', client);
      scene.broadcast('room', 'meanwhile;');
      await scene.regain(client);
      await client.send('again;');
      await scene.expect(client, 'again;');
      const recovered = scene.events('ready', client).map((event) => event['recovered']);
      assert.equal(recovered.at(-1), false);
      await scene.expectNothingElse('room', client);
    },
  ],
];
