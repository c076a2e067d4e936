import { MemoryLog } from '@ionosphere/core';
import { logSuite } from '../index';
import { runnerOr } from './harness';

describe('A suite', () => {
  const nothing = (): void => undefined;

  it('registers with the runner that it is given', () => {
    const titles: string[] = [];
    const runner = {
      describe: (title: string, body: () => void) => {
        titles.push(title);
        body();
      },
      test: (title: string) => void titles.push(title),
      beforeAll: nothing,
      afterAll: nothing,
    };
    logSuite('my log', (bounds) => new MemoryLog(bounds), runner);
    expect(titles.slice(0, 2)).toEqual(['my log', 'is empty at first']);
  });

  it('says what a runner lacks', () => {
    const runner = { describe: nothing, test: nothing } as unknown as Parameters<typeof runnerOr>[0];
    expect(() => runnerOr(runner)).toThrow('The suite needs beforeAll, afterAll: pass a test runner');
  });
});
