import assert from 'node:assert/strict';
import type { SuiteClient } from './harness';
import type { Behaviour, Scene } from './scene';

type Ending = 'isCancelled' | 'isClosedByClient' | 'isClosedByApplication';

/** Longer than any window in which a client may return, in milliseconds. */
const LONG = 31_000;

/** One disconnect, with that flag alone; and no second one, however long one waits. */
async function ended(scene: Scene, client: SuiteClient, how: Ending): Promise<void> {
  await scene.event('disconnect', client);
  await scene.stage.clock.advance(LONG);
  const flags = { isCancelled: false, isClosedByClient: false, isClosedByApplication: false };
  assert.deepEqual(scene.events('disconnect', client), [{ ...flags, [how]: true }]);
}

/** How a resource begins and ends. */
export const lifetime: readonly Behaviour[] = [
  [
    'calls @Ready once for a client that connects and stays',
    async (scene) => {
      const client = await scene.join('room');
      await client.send('one;');
      await scene.expect(client, 'one;');
      await scene.attached(client);
      assert.deepEqual(scene.events('ready', client), [
        { transport: scene.stage.harness.transport, recovered: false, gap: false },
      ]);
      assert.deepEqual(scene.events('disconnect', client), []);
    },
  ],
  [
    'calls @Disconnect once when the client leaves, closed by the client',
    async (scene) => {
      const [client, other] = await scene.pair('room');
      await client.close();
      await ended(scene, client, 'isClosedByClient');
      assert.deepEqual(scene.events('disconnect', other), []);
    },
  ],
  [
    'calls @Disconnect once when the peer vanishes and does not return, cancelled',
    async (scene) => {
      const client = await scene.join('room');
      await scene.lose(client);
      assert.deepEqual(scene.events('disconnect', client), []);
      await scene.stage.clock.advance(LONG);
      await ended(scene, client, 'isCancelled');
    },
  ],
  [
    'calls @Disconnect once when the application closes, closed by the application, and the client knows',
    async (scene) => {
      const client = await scene.join('room');
      const { closed } = client;
      const resource = scene.resource(client);
      resource.send('goodbye');
      resource.close();
      resource.close();
      await closed;
      assert.deepEqual(client.messages, ['goodbye']);
      await ended(scene, client, 'isClosedByApplication');
    },
  ],
  [
    'tells the clients when the server stops, and @Disconnect that the application closed',
    async (outer) => {
      const scene = await outer.apart({});
      const [one, two] = await scene.pair('room');
      const away = await scene.join('room');
      await scene.lose(away);
      const ends = [one.closed, two.closed];
      await scene.stage.stop();
      await Promise.all(ends);
      for (const client of [one, two, away]) await ended(scene, client, 'isClosedByApplication');
    },
  ],
];
