import { HandClock } from '../port.fixture';
import { Timers } from '../time/timers';
import { Newcomers } from './newcomers';

class Newcomer {
  state = 'connecting';
  waits = 0;

  expect(): void {
    this.waits++;
  }
}

describe('Newcomers', () => {
  const clock = new HandClock();
  const timers = new Timers(clock, (error) => {
    throw error;
  });
  const newcomers = new Newcomers();
  const came = (): Newcomer => {
    const newcomer = new Newcomer();
    newcomers.add(newcomer, timers);
    return newcomer;
  };

  it('are waited for from the next one on, or the next tick, unless they have a connection by then', () => {
    const [first, second] = [came(), came()];
    expect([first.waits, second.waits]).toEqual([1, 0]);
    const third = came();
    third.state = 'ready';
    clock.advance(100);
    expect([first.waits, second.waits, third.waits]).toEqual([1, 1, 0]);
    const last = came();
    clock.advance(100);
    expect(last.waits).toBe(1);
  });

  it('have one timer for all that come in a tick', () => {
    const set = jest.spyOn(clock, 'after');
    for (let count = 0; count < 100; count++) came().state = 'ready';
    expect(set).toHaveBeenCalledTimes(1);
  });
});
