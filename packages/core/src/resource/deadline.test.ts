import { Deadline, type Awaited } from './deadline';
import { HandClock } from '../port.fixture';
import { Timers } from '../time/timers';

class Scene implements Awaited {
  state: Awaited['state'] = 'away';
  readonly clock = new HandClock();
  readonly #start = this.clock.time;
  /** When it was too late, in milliseconds. */
  readonly late: number[] = [];
  timers = 0;
  readonly deadline: Deadline;

  constructor() {
    const timers = new Timers(this.clock, (error) => {
      throw error;
    });
    const { after } = timers;
    timers.after = (...args) => (this.timers++, after.apply(timers, args));
    const parts = { timers, now: () => this.clock.now() };
    this.deadline = new Deadline(parts, this, () => this.late.push(this.clock.time - this.#start));
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
    expect(scene.timers).toBe(1);
  });
});
