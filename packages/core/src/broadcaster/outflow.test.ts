import { Outflow, type Flushable } from './outflow';
import { HandClock } from '../port.fixture';

function setUp() {
  const clock = new HandClock();
  const errors: unknown[] = [];
  const flushed: string[] = [];
  const outflow = new Outflow(clock, (error) => errors.push(error));
  const flushable = (name: string, then: () => void = () => undefined): Flushable => ({
    flush: () => {
      flushed.push(name);
      then();
    },
  });
  return { clock, errors, flushed, outflow, flushable };
}

describe('The outflow', () => {
  it('flushes at the end of the turn, each once, in the order in which they came', () => {
    const { clock, flushed, outflow, flushable } = setUp();
    const [a, b] = [flushable('a'), flushable('b')];
    for (const one of [a, b, a, b, a]) outflow.add(one);
    expect(flushed).toEqual([]);
    clock.turn();
    expect(flushed).toEqual(['a', 'b']);
    clock.turn();
    expect(flushed).toHaveLength(2);
  });

  it('asks for one macrotask per turn', () => {
    const { clock, outflow, flushable } = setUp();
    const soon = jest.spyOn(clock, 'soon');
    outflow.add(flushable('a'));
    outflow.add(flushable('b'));
    clock.turn();
    outflow.add(flushable('c'));
    clock.turn();
    expect(soon).toHaveBeenCalledTimes(2);
  });

  it('does all of one flush at one time', () => {
    const { clock, outflow, flushable } = setUp();
    const times: number[] = [];
    const note = (): void => {
      times.push(outflow.now);
      clock.time += 10;
    };
    const began = clock.time;
    outflow.add(flushable('a', note));
    outflow.add(
      flushable('b', () => {
        note();
        throw new Error('no');
      }),
    );
    clock.turn();
    note();
    expect(times).toEqual([began, began, began + 20]);
  });

  it('lets time go on also when what is told of an error fails', () => {
    const clock = new HandClock();
    const outflow = new Outflow(clock, (error) => {
      throw error;
    });
    outflow.add({
      flush: () => {
        throw new Error('no');
      },
    });
    expect(() => clock.turn()).toThrow('no');
    clock.time += 10;
    expect(outflow.now).toBe(clock.time);
  });

  it('flushes what is added during a flush in the next one', () => {
    const { clock, flushed, outflow, flushable } = setUp();
    const late = flushable('late');
    outflow.add(flushable('first', () => outflow.add(late)));
    outflow.add(flushable('second'));
    outflow.flush();
    expect(flushed).toEqual(['first', 'second']);
    clock.turn();
    expect(flushed).toEqual(['first', 'second', 'late']);
  });

  it('reports what throws and flushes the others', () => {
    const { clock, errors, flushed, outflow, flushable } = setUp();
    const failing = flushable('failing', () => {
      throw new Error('boom');
    });
    outflow.add(failing);
    outflow.add(flushable('other'));
    clock.turn();
    expect([flushed, errors]).toEqual([['failing', 'other'], [new Error('boom')]]);
  });
});
