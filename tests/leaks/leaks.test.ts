import { cycles } from './cycles.fixture';
import { LeakHunt } from './leaks.fixture';

/** Few enough for every day; `npm run leaks` makes 10 000 each. */
const CYCLES = 300;

/** What a cycle may leave in the heap, in bytes: its uuid is remembered for a while. A resource takes several times as much. */
const BYTES_PER_CYCLE = 1024;

describe('Clients that came and went', () => {
  let hunt: LeakHunt;
  beforeAll(async () => (hunt = await LeakHunt.start()));
  afterAll(() => hunt.stop());

  it('over every transport, with a goodbye, without, and after a return, leave nothing behind', async () => {
    const { rest, growthPerCycle } = await hunt.measure(Object.keys(cycles), CYCLES);
    const { resources, connections, broadcasters, waiting, members } = rest;
    const held = { resources, connections, broadcasters, waiting, members };
    expect(held).toEqual({ resources: 0, connections: 0, broadcasters: 0, waiting: 0, members: 0 });
    expect(growthPerCycle).toBeLessThan(BYTES_PER_CYCLE);
  }, 60_000);
});
