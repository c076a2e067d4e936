import { ManagedService } from '../declaration/decorators';
import type { Interceptor } from '../interceptors/interceptor';
import { Scene } from '../port.fixture';
import { Poller } from './poller.fixture';

const asked = { connect: 0, framing: 0, heartbeat: 0 };

const counts: Interceptor = {
  connect: (request, next) => (asked.connect++, next(request)),
  framing: () => void asked.framing++,
  heartbeat: () => void asked.heartbeat++,
};

@ManagedService({ path: '/room', interceptors: [counts] })
class Room {}

const HEARTBEAT_SECONDS = 8;

function newPoller(): Poller {
  const scene = new Scene([Room], { config: { heartbeatSeconds: HEARTBEAT_SECONDS, pollGraceSeconds: 20 } });
  const poller = new Poller(scene);
  Object.assign(asked, { connect: 0, framing: 0, heartbeat: 0 });
  return poller;
}

describe('Polls that say the same, one after the other,', () => {
  it('pass the connect of interceptors each time; their framing and heartbeats are asked for once', () => {
    const poller = newPoller();
    for (let poll = 0; poll < 5; poll++) {
      expect(poller.poll().texts).toEqual([]);
      poller.answer();
    }
    expect(asked).toEqual({ connect: 5, framing: 1, heartbeat: 1 });
  });

  it.each<[string, (poller: Poller) => void]>([
    ['says something else', (poller) => void poller.poll('a=1')],
    [
      'follows one that broke',
      (poller) => {
        const broken = poller.poll();
        broken.resource.detach(broken, 'lost');
        expect(poller.poll().texts).toEqual([expect.stringContaining(poller.resource.uuid)]);
      },
    ],
    ['takes the place of one that is held', (poller) => void (poller.poll(), poller.poll())],
    ['follows a resume', (poller) => (poller.resource.resume(), void poller.poll())],
    [
      'comes after more than a heartbeat of silence',
      (poller) => (poller.scene.clock.advance(10_000), void poller.poll()),
    ],
  ])('are asked again when one %s', (_, act) => {
    const poller = newPoller();
    poller.pollAndAnswer(3);
    const { framing } = asked;
    act(poller);
    expect(asked.framing).toBe(framing + 1);
  });

  it('are each the newest request of their resource', () => {
    const poller = newPoller();
    for (let poll = 0; poll < 3; poll++) {
      const { request } = poller.poll();
      expect(poller.resource.request).toBe(request);
      poller.answer();
    }
  });

  it('cannot go on as one connection while the app stops, nor when their resource is closed', async () => {
    const [poller, other] = [newPoller(), newPoller()];
    for (const one of [poller, other]) one.pollAndAnswer(1);
    expect([poller.resource.resting, other.resource.resting]).toEqual([expect.anything(), expect.anything()]);
    other.resource.close();
    const stopped = poller.scene.app.stop();
    expect([poller.resource.resting, other.resource.resting]).toEqual([undefined, undefined]);
    poller.scene.clock.advance(60_000);
    await stopped;
  });

  it('are told that something was lost, and so is their service', () => {
    const poller = newPoller();
    poller.poll();
    poller.answer();
    poller.resource.out.owed.missed();
    const told: string[] = [];
    poller.resource.addListener({ onSuspend: () => void told.push('suspend') });
    poller.poll();
    expect(told).toEqual(['suspend']);
  });

  it('bring what was broadcast between two of them in a turn in which the subscription ended', () => {
    const poller = newPoller();
    poller.pollAndAnswer(2);
    expect(poller.resource.resting).toBeDefined();
    poller.resource.broadcaster.broadcast('last');
    poller.resource.unsubscribe(poller.resource.broadcaster);
    poller.scene.clock.turn();
    expect(poller.poll().texts).toEqual(['last']);
  });

  it.each([0, 100, 300, 500, 700, 900, 5000])(
    'get a heartbeat after an interval without an answer, a quarter of it later at most; %i ms between the last two',
    (pause) => {
      const poller = newPoller();
      const { clock } = poller.scene;
      for (let poll = 0; poll < 20; poll++) {
        poller.poll();
        clock.advance(700);
        poller.answer();
        clock.advance(poll < 19 ? 250 : pause);
      }
      const last = poller.poll();
      clock.advance(HEARTBEAT_SECONDS * 1000 - 1);
      expect(last.texts).toEqual([]);
      clock.advance(HEARTBEAT_SECONDS * 250);
      expect(last.texts).toEqual(['X']);
    },
  );

  it('have as long to come back when no heartbeat was sent between them', () => {
    const poller = newPoller();
    const { clock } = poller.scene;
    for (let poll = 0; poll < 50; poll++) {
      poller.poll();
      clock.advance(99);
      poller.answer();
      clock.advance(1);
    }
    clock.advance(19_900);
    expect(poller.resource.state).toBe('away');
    clock.advance(200);
    expect(poller.resource.state).toBe('closed');
  });

  it('end with their resource when no other comes in time', () => {
    const poller = newPoller();
    poller.pollAndAnswer(3);
    poller.scene.clock.advance(19_000);
    expect(poller.resource.state).toBe('away');
    poller.scene.clock.advance(2000);
    expect(poller.resource.state).toBe('closed');
  });
});
