import { Heartbeat } from './heartbeat';
import { HandClock } from './port.fixture';
import { Timers } from './timers';

function beating() {
  const clock = new HandClock();
  const timers = new Timers(clock, (error) => {
    throw error;
  });
  const state = { lastWrite: clock.time, beats: [] as number[] };
  const start = clock.time;
  const heartbeat = new Heartbeat({
    timers,
    now: () => clock.now(),
    lastWrite: () => state.lastWrite,
    send: () => {
      state.lastWrite = clock.time;
      state.beats.push(clock.time - start);
    },
  });
  return { clock, heartbeat, state };
}

describe('A heartbeat', () => {
  it('is sent whenever nothing was written for the interval, to a tick', () => {
    const { clock, heartbeat, state } = beating();
    heartbeat.start(10);
    clock.advance(30_500);
    expect(state.beats.map((at) => Math.round(at / 1_000))).toEqual([10, 20, 30]);
    expect(state.beats.every((at, index) => at >= 10_000 * (index + 1) && at < 10_000 * (index + 1) + 200)).toBe(true);
  });

  it('waits for a whole interval after each write', () => {
    const { clock, heartbeat, state } = beating();
    heartbeat.start(10);
    clock.advance(9_000);
    state.lastWrite = clock.time;
    clock.advance(9_000);
    expect(state.beats).toEqual([]);
    clock.advance(1_100);
    expect(state.beats).toHaveLength(1);
  });

  it('is not sent with 0, nor after stop, and starts anew', () => {
    const { clock, heartbeat, state } = beating();
    heartbeat.start(0);
    clock.advance(100_000);
    heartbeat.start(10);
    heartbeat.stop();
    clock.advance(100_000);
    heartbeat.start(1);
    heartbeat.start(10);
    clock.advance(5_000);
    expect(state.beats).toEqual([]);
  });

  it('that ends its connection is the last', () => {
    const { clock, heartbeat, state } = beating();
    jest.spyOn(state.beats, 'push').mockImplementation(() => {
      heartbeat.stop();
      return 0;
    });
    heartbeat.start(1);
    clock.advance(10_000);
    expect(state.beats.push).toHaveBeenCalledTimes(1);
  });
});
