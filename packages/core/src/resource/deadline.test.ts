import { Deadline, type Awaited, type Rests } from './deadline';
import { HandClock } from '../port.fixture';
import { Timers } from '../time/timers';

class Scene implements Awaited, Rests {
  state: Awaited['state'] = 'away';
  restsSince: Rests['restsSince'];
  readonly clock = new HandClock();
  readonly #start = this.clock.time;
  /** When it was too late, in milliseconds. */
  readonly late: number[] = [];
  readonly timers = new Timers(this.clock, (error) => {
    throw error;
  });
  /** How many timers there were. */
  count = 0;
  readonly deadline: Deadline;

  constructor() {
    const { timers } = this;
    const { after } = timers;
    timers.after = (...args) => (this.count++, after.apply(timers, args));
    const parts = { timers, now: () => this.clock.now() };
    this.deadline = new Deadline(parts, this, this, () => this.late.push(this.clock.time - this.#start));
  }
}

describe('A deadline', () => {
  it('is told once, no earlier than its time, counted from the last begin', () => {
    const scene = new Scene();
    scene.deadline.begin(10_000);
    scene.clock.advance(6000);
    scene.deadline.begin(10_000);
    scene.clock.advance(60_000);
    expect(scene.late).toHaveLength(1);
    expect(scene.late[0]).toBeGreaterThanOrEqual(16_000);
    expect(scene.late[0]).toBeLessThan(16_200);
  });

  it('is brought forward by a shorter one', () => {
    const scene = new Scene();
    scene.deadline.begin(30_000);
    scene.deadline.begin(1000);
    scene.clock.advance(1100);
    expect(scene.late).toHaveLength(1);
  });

  it('is met by who is there when it is over, and begins again', () => {
    const scene = new Scene();
    scene.deadline.begin(1000);
    scene.state = 'ready';
    scene.clock.advance(5000);
    expect(scene.late).toEqual([]);
    scene.state = 'away';
    scene.deadline.begin(1000);
    scene.clock.advance(1100);
    expect(scene.late).toHaveLength(1);
  });

  it('is counted from the last rest of who comes and goes without a begin, also when it was there as it was over', () => {
    const scene = new Scene();
    const rest = (): void => {
      scene.state = 'away';
      scene.restsSince = scene.timers.tickOf(scene.clock.time);
    };
    scene.deadline.begin(10_000);
    rest();
    scene.clock.advance(9000);
    scene.state = 'ready';
    scene.clock.advance(4000);
    rest();
    scene.clock.advance(9900);
    expect(scene.late).toEqual([]);
    scene.clock.advance(300);
    expect(scene.late).toHaveLength(1);
    expect(scene.count).toBeLessThan(5);
  });

  it('is never told once it was cancelled', () => {
    const scene = new Scene();
    scene.deadline.begin(1000);
    scene.deadline.cancel();
    scene.clock.advance(5000);
    expect(scene.late).toEqual([]);
  });

  it('has one timer for a client that comes and goes 1000 times in its time', () => {
    const scene = new Scene();
    for (let poll = 0; poll < 1000; poll++) {
      scene.deadline.begin(10_000);
      scene.clock.advance(5);
    }
    expect(scene.count).toBe(1);
  });
});
