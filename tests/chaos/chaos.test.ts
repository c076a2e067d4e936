import { Chaos, type ChaosOutcome } from './chaos.fixture';
import { kinds } from './clients/kinds.fixture';
import { judge } from './ledger.fixture';
import { faults, planOf, type Step } from './plan.fixture';
import { figuresOf, textOf } from './report.fixture';

/** Set it to see a run again. */
const seed = Number(process.env.CHAOS_SEED ?? 1);

describe('A plan of chaos', () => {
  const settings = { seed: 7, seconds: 5, clients: 20, topics: ['/a'], nameOf: String, crashes: 0 };

  it('is the same for the same seed, and another for another', () => {
    expect(planOf(settings)).toEqual(planOf(settings));
    expect(planOf(settings)).not.toEqual(planOf({ ...settings, seed: 8 }));
  });

  it('kills the server as often as it is told to, and is the same otherwise', () => {
    const isCrash = (step: Step): boolean => step.do === 'fault' && step.fault === 'crash';
    const [usual, more] = [planOf(settings), planOf({ ...settings, crashes: 9 })];
    expect(more.filter(isCrash)).toHaveLength(usual.filter(isCrash).length + 9);
    expect(more.filter((step) => !isCrash(step))).toEqual(usual.filter((step) => !isCrash(step)));
  });

  it('has every fault, however short it is', () => {
    const planned = new Set(planOf({ ...settings, seconds: 1 }).map((step) => step.do === 'fault' && step.fault));
    expect(faults.filter((fault) => !planned.has(fault))).toEqual([]);
  });
});

describe(`Clients of all transports behind a network that fails in every way (npm run chaos -- --seed ${seed})`, () => {
  let outcome: ChaosOutcome;

  beforeAll(async () => {
    outcome = await new Chaos({ seed, seconds: 6, clients: 2 * kinds.length, crashes: 0, durable: false }).run();
  }, 60_000);

  it('get what they were promised', () => {
    const violations = judge(outcome.history);
    if (violations.length > 0) console.error(textOf(outcome, violations));
    expect(violations).toEqual([]);
    expect(outcome.unsettled).toEqual([]);
  });

  it('suffered every fault', () => {
    expect(faults.filter((fault) => !outcome.inflicted.has(fault))).toEqual([]);
  });

  it('came back as who they were, where their kind can, and got messages', () => {
    const figures = figuresOf(outcome);
    const returning = new Set(kinds.filter(({ returns }) => returns).map(({ name }) => name));
    expect(figures.filter(({ kind, returns }) => returning.has(kind) && returns === 0)).toEqual([]);
    expect(figures.filter(({ received }) => received < 10)).toEqual([]);
  });
});
