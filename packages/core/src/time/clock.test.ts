import { systemClock } from './clock';

describe('The clock', () => {
  afterEach(() => void jest.restoreAllMocks());

  it('tells the time of day', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000);
    expect(Number.isInteger(systemClock.now())).toBe(true);
  });

  it('goes on when the clock on the wall is set', () => {
    const before = systemClock.now();
    const wall = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(wall + 3_600_000);
    expect(systemClock.now() - before).toBeLessThan(60_000);
  });
});
