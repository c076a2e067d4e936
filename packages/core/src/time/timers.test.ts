import fc from 'fast-check';
import { HandClock } from '../port.fixture';
import { Alarm, Timers } from './timers';

function setUp() {
  const clock = new HandClock();
  const errors: unknown[] = [];
  const timers = new Timers(clock, (error) => errors.push(error));
  const fired: string[] = [];
  const set = (millis: number, name: string) => timers.after(millis, () => fired.push(name));
  return { clock, timers, errors, fired, set };
}

describe('A timer', () => {
  it('fires once, no earlier than asked and at most 50 ms later', () => {
    const property = fc.property(fc.nat(49), fc.nat(5_000), (offset, millis) => {
      const { clock, timers } = setUp();
      clock.time += offset;
      const set = clock.time;
      const fired: number[] = [];
      timers.after(millis, () => fired.push(clock.time - set));
      clock.advance(10_000);
      expect(fired).toHaveLength(1);
      expect(fired[0]).toBeGreaterThanOrEqual(millis);
      expect(fired[0]).toBeLessThanOrEqual(millis + 100);
    });
    fc.assert(property, { numRuns: 100 });
  });

  it('does not fire when it was cancelled, before or after its time', () => {
    const { clock, fired, set } = setUp();
    const [a, b] = [set(100, 'a'), set(100, 'b')];
    a.cancel();
    clock.advance(1000);
    b.cancel();
    a.cancel();
    expect(fired).toEqual(['b']);
  });

  it('may be cancelled by another of the same tick', () => {
    const { clock, timers, fired, set } = setUp();
    timers.after(100, () => b.cancel());
    const b = set(100, 'b');
    set(100, 'c');
    clock.advance(1000);
    expect(fired).toEqual(['c']);
  });

  it('may be set while another fires, and then waits for a later tick', () => {
    const { clock, timers, fired } = setUp();
    const again = (): void => {
      fired.push(`at ${clock.time - start}`);
      if (fired.length < 3) timers.after(0, again);
    };
    const start = clock.time;
    timers.after(0, again);
    clock.advance(50);
    expect(fired).toHaveLength(1);
    clock.advance(1000);
    expect(fired).toEqual(['at 50', 'at 100', 'at 150']);
  });

  it('that throws is reported and keeps no other from firing', () => {
    const { clock, timers, errors, fired, set } = setUp();
    timers.after(100, () => {
      throw new Error('boom');
    });
    set(100, 'same tick');
    set(200, 'later');
    clock.advance(1000);
    expect(fired).toEqual(['same tick', 'later']);
    expect(errors).toEqual([new Error('boom')]);
  });
});

describe('Timers', () => {
  it('fire in the order of their times', () => {
    const { clock, fired, set } = setUp();
    for (const millis of [300, 100, 200, 100, 50]) set(millis, `${millis}`);
    clock.advance(1000);
    expect(fired).toEqual(['50', '100', '100', '200', '300']);
  });

  it('fire in order after a jump of the clock, and not those that are still to come', () => {
    const { clock, fired, set } = setUp();
    for (const millis of [90_000, 500, 70_000, 400_000]) set(millis, `${millis}`);
    clock.set(clock.time + 100_000);
    clock.advance(5_000);
    expect(fired).toEqual(['500', '70000', '90000']);
    clock.advance(290_000);
    expect(fired).toHaveLength(3);
    clock.advance(5_050);
    expect(fired).toHaveLength(4);
  });

  it('go on as before when the clock is set back, to a few seconds', () => {
    const { clock, fired, set } = setUp();
    set(60_000, 'before');
    clock.advance(20_500);
    clock.set(clock.time - 3_600_000);
    set(60_000, 'after');
    clock.advance(39_000);
    expect(fired).toEqual([]);
    clock.advance(6_000);
    expect(fired).toEqual(['before']);
    clock.advance(15_100);
    expect(fired).toEqual(['before', 'after']);
  });

  it('notice a clock that is set back while nothing happens', () => {
    const { clock, fired, set } = setUp();
    set(60_000, 'a');
    clock.advance(21_000);
    clock.set(clock.time - 3_600_000);
    clock.advance(39_000 - 1);
    expect(fired).toEqual([]);
    clock.advance(100);
    expect(fired).toEqual(['a']);
  });

  it('let the process sleep until the next of them is due, for five seconds at most', () => {
    const { clock, set } = setUp();
    const wakeUps = jest.fn();
    const after = clock.after.bind(clock);
    jest.spyOn(clock, 'after').mockImplementation((millis, fn) =>
      after(millis, () => {
        wakeUps();
        fn();
      }),
    );
    set(4_000, 'a');
    set(3_000, 'b');
    set(12_000, 'c');
    expect(clock.waiting.size).toBe(1);
    clock.advance(60_000);
    expect(wakeUps).toHaveBeenCalledTimes(4);
    expect(clock.waiting.size).toBe(0);
    set(100, 'd');
    expect(clock.waiting.size).toBe(1);
  });

  it('forget all that waits when they are stopped, and can be used again', () => {
    const { clock, timers, fired, set } = setUp();
    set(100, 'a');
    timers.stop();
    clock.advance(1000);
    expect([fired, clock.waiting.size]).toEqual([[], 0]);
    set(100, 'b');
    clock.advance(1000);
    expect(fired).toEqual(['b']);
  });

  it('that are stopped from one of them fire no other', () => {
    const { clock, timers, fired, set } = setUp();
    timers.after(100, () => timers.stop());
    set(100, 'same tick');
    set(150, 'later');
    clock.set(clock.time + 10_000);
    clock.advance(100);
    expect([fired, clock.waiting.size]).toEqual([[], 0]);
  });
});

class Bell extends Alarm {
  constructor(private readonly onRing: (bell: Bell) => void) {
    super();
  }

  ring(): void {
    this.onRing(this);
  }
}

describe('Alarms', () => {
  it('ring once, a tenth too late at most, and all at a few wake-ups', () => {
    const { clock, timers } = setUp();
    const times: number[] = [];
    const start = clock.time;
    for (let i = 0; i < 500; i++) {
      const set = clock.time;
      timers.set(new Bell(() => times.push(clock.time - set)), 10_000);
      clock.advance(7);
    }
    const after = jest.spyOn(clock, 'after');
    clock.advance(20_000);
    expect(times).toHaveLength(500);
    expect(Math.min(...times)).toBeGreaterThan(10_000 - 50);
    expect(Math.max(...times)).toBeLessThanOrEqual(11_000);
    expect(after.mock.calls.length).toBeLessThan((clock.time - start) / 1000);
  });

  it('keep their rhythm when they are set again as they ring', () => {
    const { clock, timers } = setUp();
    const times: number[] = [];
    const start = clock.time;
    const bell: Bell = new Bell(() => {
      times.push(clock.time - start);
      timers.set(bell, 7_500);
    });
    timers.set(bell, 7_500);
    clock.advance(30_000);
    expect(times).toEqual([7_500, 15_000, 22_500, 30_000]);
  });

  it('ring at the last time for which they were set, and not when they were cancelled', () => {
    const { clock, timers } = setUp();
    const rings: string[] = [];
    const [a, b] = ['a', 'b'].map((name) => new Bell(() => rings.push(`${name} ${clock.time - start}`))) as [
      Bell,
      Bell,
    ];
    const start = clock.time;
    timers.set(a, 1_000);
    timers.set(b, 1_000);
    timers.set(a, 2_000);
    timers.cancel(b);
    timers.cancel(b);
    clock.advance(10_000);
    expect(rings).toEqual(['a 2000']);
    expect(clock.waiting.size).toBe(0);
  });
});
