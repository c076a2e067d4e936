import { Heartbeat, noteWrite, type Written } from './heartbeat';
import { HandClock } from '../port.fixture';
import { Timers } from '../time/timers';

class Writes implements Written {
  awaits: Written['awaits'];
  lastPublish = 0;
  sequence = 0;
  connection: object | undefined = {};

  constructor(readonly parts: Written['parts']) {}

  write(): void {
    noteWrite(this);
  }

  publish(at: number): void {
    this.lastPublish = at;
    this.sequence++;
  }
}

/** Notes when it was sent, in milliseconds. */
class Beats extends Heartbeat {
  readonly sent: number[] = [];
  readonly writes: Writes;
  interval = 0;
  readonly #start: number;

  constructor(readonly clock = new HandClock()) {
    const timers = new Timers(clock, (error) => {
      throw error;
    });
    const writes: Writes = new Writes({ timers, now: () => clock.now(), lastSequence: () => writes.sequence });
    super(writes);
    this.writes = writes;
    this.#start = clock.time;
  }

  begin(seconds: number): void {
    this.interval = seconds * 1000;
    this.start();
  }

  send(): void {
    this.sent.push(this.clock.time - this.#start);
  }
}

describe('A heartbeat', () => {
  it.each([1, 5, 7, 20, 60, 3600])(
    'is sent whenever nothing was written for %i seconds, a fifth later at most',
    (seconds) => {
      const beats = new Beats();
      beats.clock.advance(20);
      beats.begin(seconds);
      beats.clock.advance(seconds * 10_000);
      const pauses = beats.sent.map((at, index) => at - (beats.sent[index - 1] ?? 20));
      expect(pauses.length).toBeGreaterThanOrEqual(8);
      for (const pause of pauses) {
        expect(pause).toBeGreaterThan(seconds * 1000 - 50);
        expect(pause).toBeLessThan(seconds * 1200 + 50);
      }
    },
  );

  it('keeps its rhythm exactly where the interval allows it', () => {
    const beats = new Beats();
    beats.begin(60);
    beats.clock.advance(300_000);
    expect(beats.sent).toEqual([60_000, 120_000, 180_000, 240_000, 300_000]);
  });

  it('waits for a whole interval after each write, and for less than a third more', () => {
    const beats = new Beats();
    beats.begin(10);
    for (const pause of [9_000, 9_990, 5, 123, 7_777]) {
      beats.clock.advance(pause);
      beats.writes.write();
    }
    const written = 9_000 + 9_990 + 5 + 123 + 7_777;
    expect(beats.sent).toEqual([]);
    beats.clock.advance(13_333);
    expect(beats.sent).toHaveLength(1);
    expect(beats.sent[0]).toBeGreaterThanOrEqual(written + 10_000);
  });

  it('is looked after while there is something to see, and else rings once per interval', () => {
    const beats = new Beats();
    const rings = jest.spyOn(beats, 'ring');
    beats.begin(10);
    beats.clock.advance(50_000);
    expect([beats.sent.length, rings.mock.calls.length]).toEqual([5, 5]);
    beats.clock.advance(1000);
    beats.writes.write();
    beats.writes.write();
    beats.clock.advance(60_000);
    // Two looks more: one that sees the second write, and one that sees none.
    expect([beats.sent.length, rings.mock.calls.length]).toEqual([10, 12]);
  });

  it('that is idle asks nobody for the time, nor what was published, while no message was sent', () => {
    const beats = new Beats();
    const now = jest.spyOn(beats.writes.parts, 'now');
    const published = jest.fn(() => 0);
    Object.defineProperty(beats.writes, 'lastPublish', { get: published });
    beats.begin(10);
    beats.clock.advance(50_000);
    expect(beats.sent).toHaveLength(5);
    expect([now.mock.calls.length, published.mock.calls.length]).toEqual([0, 0]);
    beats.writes.sequence++;
    beats.clock.advance(10_000);
    expect(beats.sent).toHaveLength(6);
    expect(published).toHaveBeenCalledTimes(1);
  });

  it('waits for a whole interval after what was published to all', () => {
    const beats = new Beats();
    beats.begin(10);
    beats.clock.advance(9_000);
    beats.writes.publish(beats.clock.now());
    beats.clock.advance(9_900);
    expect(beats.sent).toEqual([]);
    beats.clock.advance(3_000);
    expect(beats.sent).toHaveLength(1);
  });

  it('is not sent with 0, nor after stop, and starts anew', () => {
    const beats = new Beats();
    beats.begin(0);
    beats.clock.advance(100_000);
    beats.begin(10);
    beats.stop();
    beats.clock.advance(100_000);
    beats.begin(1);
    beats.begin(10);
    beats.clock.advance(5_000);
    expect(beats.sent).toEqual([]);
    expect(beats.clock.waiting.size).toBe(1);
  });

  it('that ends its connection is the last', () => {
    const beats = new Beats();
    jest.spyOn(beats.sent, 'push').mockImplementation(() => {
      beats.stop();
      return 0;
    });
    beats.begin(1);
    beats.clock.advance(10_000);
    expect(beats.sent.push).toHaveBeenCalledTimes(1);
  });
});
