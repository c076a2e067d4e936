import { ManagedService, Ready } from '../declaration/decorators';
import { Scene } from '../port.fixture';
import { ResourceEvent } from '../resource/resource-event';

const events: string[] = [];

@ManagedService({ path: '/room', config: { logMessages: 5, logBytes: 100 } })
class Room {
  @Ready()
  onReady({ gap }: ResourceEvent): void {
    events.push(gap ? 'gap' : 'no gap');
  }
}

const visit = { path: '/room', protocol: false, tracking: false };
const burst = (length: number, bytes = 1): string[] =>
  Array.from({ length }, (_, index) => String.fromCharCode(97 + index).repeat(bytes));

const ways = [
  [
    'a broadcast',
    (scene: Scene, texts: string[]) => {
      const { broadcaster } = [...scene.app.resources.all()][0]!;
      for (const text of texts) broadcaster.broadcast(text);
    },
  ],
  [
    'what is sent to one',
    (scene: Scene, texts: string[]) => {
      const [resource] = scene.app.resources.all();
      for (const text of texts) resource!.send(text);
    },
  ],
] as const;

beforeEach(() => events.splice(0));

describe.each(ways)('A burst in one turn, of more than the log has room for: %s', (_, send) => {
  it.each([
    ['in number', burst(20)],
    ['in size', burst(20, 30)],
    ['with one that fills the log alone', [...burst(4), 'x'.repeat(101), ...burst(4)]],
  ])('reaches a stream that is there whole, and in few writes: %s', (_what, texts) => {
    const scene = new Scene([Room]);
    const stream = scene.connect('stream', visit);
    send(scene, texts);
    scene.clock.turn();
    expect(stream.texts.join('')).toBe(texts.map((text) => `<${text}>`).join(''));
    expect(stream.writes.length).toBeLessThanOrEqual(Math.ceil(texts.length / 3));
    expect([events, stream.closedWith]).toEqual([['no gap'], undefined]);
  });

  it('reaches a poll as far as there was room, and the next one is told of the gap', () => {
    const scene = new Scene([Room]);
    const tracking = { ...visit, tracking: true };
    const poll = scene.connect('poll', tracking);
    send(scene, burst(20));
    scene.clock.turn();
    expect(poll.texts.join('')).toBe('1|a1|b1|c1|d1|e');
    const next = scene.again(poll, tracking);
    expect([next.texts.join(''), events]).toEqual(['1|p1|q1|r1|s1|t', ['no gap', 'gap']]);
  });

  it('waits for the end of the turn when there is room', () => {
    const scene = new Scene([Room]);
    const stream = scene.connect('stream', visit);
    send(scene, burst(5));
    expect(stream.writes).toHaveLength(0);
    scene.clock.turn();
    expect(stream.writes).toHaveLength(1);
  });
});

describe('A burst to several broadcasters in one turn', () => {
  it('reaches a stream in the order of sending', () => {
    const scene = new Scene([Room]);
    const stream = scene.connect('stream', visit);
    const { resource } = stream;
    const texts = burst(20);
    for (const [index, text] of texts.entries())
      if (index % 3 === 0) resource.send(text);
      else resource.broadcaster.broadcast(text);
    scene.clock.turn();
    expect(stream.texts.join('')).toBe(texts.map((text) => `<${text}>`).join(''));
  });
});
