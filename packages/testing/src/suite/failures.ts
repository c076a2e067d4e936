import assert from 'node:assert/strict';
import { Refusal } from './harness';
import { until, type Behaviour, type Scene } from './scene';

/** One bad message among two clients: the sender is told, the other notices nothing, and all goes on. */
function oneFailure(
  service: string,
  bad: string,
  good: string,
  check: (failure: Awaited<ReturnType<Scene['failureOf']>>) => void,
): Behaviour[1] {
  return async (scene) => {
    const [sender, other] = await scene.pair(service);
    check(await scene.failureOf(sender, bad));
    await sender.send(good);
    await scene.expect(sender, good);
    await scene.expect(other, good);
    await scene.expectNothingElse(service, sender, other);
  };
}

const hidden: Parameters<typeof oneFailure>[3] = ({ code, message }) => {
  assert.equal(code, 'handler-failed');
  assert.doesNotMatch(message, /secret/);
};

/** What happens when something is wrong. */
export const failures: readonly Behaviour[] = [
  [
    'answers malformed JSON with one failure, and nobody else notices',
    oneFailure('notes', '{"text":', '{"text":"hello"}', ({ code }) => assert.equal(code, 'malformed-message')),
  ],
  [
    'answers a DTO that is not valid with one failure, which names the property',
    oneFailure('notes', '{"text":"far too long for a note"}', '{"text":"hello"}', ({ code, details }) => {
      assert.equal(code, 'invalid-message');
      assert.equal(details?.[0]?.property, 'text');
    }),
  ],
  ['answers for a handler that throws, and keeps the reason to itself', oneFailure('faults', 'throw', 'fine', hidden)],
  [
    'answers for a handler that rejects, and keeps the reason to itself',
    oneFailure('orders', 'reject', 'fine', hidden),
  ],
  [
    'answers with the failure that a handler chose',
    oneFailure('faults', 'forbid', 'fine', ({ code, message }) => {
      assert.deepEqual([code, message], ['forbidden', 'Not you.']);
    }),
  ],
  [
    'refuses a message that is too large, and its sender goes on, on a new connection where the wire wants it so',
    async (scene) => {
      const [sender, other] = await scene.pair('room');
      const failure = await scene.failureOf(sender, 'x'.repeat(128 * 1024 + 1));
      assert.equal(failure.code, 'message-too-large');
      if (scene.can.endsWhenTooLarge) {
        await sender.closed;
        await scene.regain(sender);
      }
      await sender.send('small');
      await scene.expect(sender, 'small');
      await scene.expect(other, 'small');
      await scene.expectNothingElse('room', sender, other);
    },
  ],
  [
    'refuses a path where there is nothing',
    async (scene) => {
      await assert.rejects(scene.join('nowhere'), (error) => error instanceof Refusal && error.status === 404);
    },
  ],
  [
    'runs async handlers of one resource one after the other, and those of others meanwhile',
    async (scene) => {
      const [sender, other] = await scene.pair('orders');
      const resource = scene.resource(sender);
      const receive = resource.receive.bind(resource);
      let arrived = 0;
      resource.receive = (payload) => {
        arrived++;
        return receive(payload);
      };
      const sent = [sender.send('wait')];
      await until('the first message', () => arrived === 1);
      sent.push(sender.send('second'));
      await until('the second message', () => arrived === 2);
      await other.send('release');
      await Promise.all(sent);
      await until('the end', () => scene.stage.log.find('end second').length === 1);
      const steps = scene.stage.log.lines.filter(({ message }) => /^(begin|end) /.test(message));
      assert.deepEqual(
        steps.slice(-6).map(({ message }) => message),
        ['begin wait', 'begin release', 'end release', 'end wait', 'begin second', 'end second'],
      );
      await scene.expect(sender, 'release', 'wait', 'second');
    },
  ],
];
