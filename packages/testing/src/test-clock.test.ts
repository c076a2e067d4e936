import { TestClock } from './index';

describe('TestClock', () => {
  it('stands still until it is moved', async () => {
    const clock = new TestClock(1000);
    const ran = jest.fn();
    clock.after(10, ran);
    await new Promise((resolve) => setImmediate(resolve));
    expect([clock.now(), ran.mock.calls.length]).toEqual([1000, 0]);
  });

  it('runs what is due on the way, in order, each at its time', async () => {
    const clock = new TestClock(0);
    const ran: string[] = [];
    const note = (name: string) => () => ran.push(`${name} ${clock.now()}`);
    clock.after(60, note('d'));
    const callOff = clock.after(50, note('never'));
    clock.after(40, callOff);
    clock.after(30, note('a'));
    clock.after(20, note('b'));
    clock.after(30, note('c'));
    await clock.advance(65);
    expect(ran).toEqual(['b 20', 'a 30', 'c 30', 'd 60']);
    expect(clock.now()).toBe(65);
  });

  it('lets what becomes due set off more, within the same move', async () => {
    const clock = new TestClock(0);
    const ran: number[] = [];
    const again = (): void => {
      ran.push(clock.now());
      clock.after(5, again);
    };
    clock.after(10, again);
    await clock.advance(20);
    expect(ran).toEqual([10, 15, 20]);
  });

  it('waits for the end of the turn that it set off', async () => {
    const clock = new TestClock(0);
    const ran: string[] = [];
    clock.after(10, () => clock.soon(() => ran.push('soon')));
    await clock.advance(10);
    expect(ran).toEqual(['soon']);
  });
});
