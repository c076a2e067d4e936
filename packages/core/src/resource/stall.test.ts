import { HandClock } from '../port.fixture';
import { Stall } from './stall';
import { Timers } from '../time/timers';

function stalled(isOver = (): boolean => false) {
  const clock = new HandClock();
  const timers = new Timers(clock, (error) => {
    throw error;
  });
  const overrun = jest.fn();
  const stall = new Stall({ timers, now: () => clock.now(), limitMillis: 5000, isOver });
  stall.start(overrun);
  return { clock, stall, overrun };
}

describe('A connection that is full', () => {
  it('is over when its peer has read nothing for the limit, and told so once', () => {
    const { clock, overrun } = stalled();
    clock.advance(4900);
    expect(overrun).not.toHaveBeenCalled();
    clock.advance(20_000);
    expect(overrun).toHaveBeenCalledTimes(1);
  });

  it('goes on while its peer reads, however slowly', () => {
    const { clock, stall, overrun } = stalled();
    for (let i = 0; i < 10; i++) {
      clock.advance(4000);
      stall.moved();
    }
    expect(overrun).not.toHaveBeenCalled();
  });

  it('is over at once when too much waits for it', () => {
    let waiting = 0;
    const { clock, overrun } = stalled(() => waiting > 2);
    clock.advance(2000);
    waiting = 3;
    clock.advance(1100);
    expect(overrun).toHaveBeenCalledTimes(1);
  });

  it('is forgotten when it has drained', () => {
    const { clock, stall, overrun } = stalled();
    stall.end();
    clock.advance(60_000);
    expect(overrun).not.toHaveBeenCalled();
    expect(clock.waiting.size).toBe(0);
  });
});
