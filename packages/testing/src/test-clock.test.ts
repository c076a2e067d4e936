import { TestClock } from './index';

describe('TestClock', () => {
  it('stands still until it is moved', async () => {
    const clock = new TestClock(1000);
    const ran = jest.fn();
    clock.every(10, ran);
    await new Promise((resolve) => setImmediate(resolve));
    expect([clock.now(), ran.mock.calls.length]).toEqual([1000, 0]);
  });

  it('runs what is due on the way, in order, each at its time', async () => {
    const clock = new TestClock(0);
    const ran: string[] = [];
    clock.every(30, () => ran.push(`a ${clock.now()}`));
    const stop = clock.every(20, () => {
      ran.push(`b ${clock.now()}`);
      if (clock.now() === 40) stop();
    });
    await clock.advance(65);
    expect(ran).toEqual(['b 20', 'a 30', 'b 40', 'a 60']);
    expect(clock.now()).toBe(65);
  });

  it('lets what becomes due set off more, within the same move', async () => {
    const clock = new TestClock(0);
    const ran: number[] = [];
    const stop = clock.every(10, () => {
      stop();
      clock.every(5, () => ran.push(clock.now()));
    });
    await clock.advance(20);
    expect(ran).toEqual([15, 20]);
  });

  it('waits for the end of the turn that it set off', async () => {
    const clock = new TestClock(0);
    const ran: string[] = [];
    clock.every(10, () => clock.soon(() => ran.push('soon')));
    await clock.advance(10);
    expect(ran).toEqual(['soon']);
  });
});
