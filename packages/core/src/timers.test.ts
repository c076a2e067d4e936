import fc from 'fast-check';
import { HandClock } from './port.fixture';
import { Timers } from './timers';

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
    clock.advance(50);
    expect(fired).toEqual(['500', '70000', '90000']);
    clock.advance(300_000);
    expect(fired).toHaveLength(4);
  });

  it('go on as before when the clock is set back', () => {
    const { clock, fired, set } = setUp();
    set(1000, 'before');
    clock.advance(500);
    clock.set(clock.time - 3_600_000);
    set(1000, 'after');
    clock.advance(400);
    expect(fired).toEqual([]);
    clock.advance(200);
    expect(fired).toEqual(['before']);
    clock.advance(600);
    expect(fired).toEqual(['before', 'after']);
  });

  it('keep an interval only while one of them waits', () => {
    const { clock, set } = setUp();
    expect(clock.intervals.size).toBe(0);
    set(100, 'a');
    set(200, 'b');
    expect(clock.intervals.size).toBe(1);
    clock.advance(1000);
    expect(clock.intervals.size).toBe(0);
    set(100, 'c');
    expect(clock.intervals.size).toBe(1);
  });

  it('forget all that waits when they are stopped, and can be used again', () => {
    const { clock, timers, fired, set } = setUp();
    set(100, 'a');
    timers.stop();
    clock.advance(1000);
    expect([fired, clock.intervals.size]).toEqual([[], 0]);
    set(100, 'b');
    clock.advance(1000);
    expect(fired).toEqual(['b']);
  });

  it('know the time to a tick, while something waits', () => {
    const { clock, timers, set } = setUp();
    set(10_000, 'a');
    for (let i = 0; i < 50; i++) {
      clock.advance(37);
      expect(timers.lately).toBeLessThanOrEqual(clock.time);
      expect(timers.lately).toBeGreaterThan(clock.time - 100);
    }
  });

  it('that are stopped from one of them fire no other', () => {
    const { clock, timers, fired, set } = setUp();
    timers.after(100, () => timers.stop());
    set(100, 'same tick');
    set(150, 'later');
    clock.set(clock.time + 10_000);
    clock.advance(50);
    expect([fired, clock.intervals.size]).toEqual([[], 0]);
  });
});
