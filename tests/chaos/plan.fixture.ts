import { Random } from './random.fixture';

/** What can go wrong. */
export const faults = [
  'reset', // the connection is reset
  'end', // the connection ends, as if both sides had closed it
  'swallowed', // for a moment nothing gets through, then the connection is reset: what was written meanwhile is lost
  'blackhole', // nothing gets through, nobody is told; the server only much later
  'delay', // what is sent takes its time, and each packet another
  'throttle', // little gets through in a second
  'absence', // the client stays away for longer than its resource is kept
  'late poll', // a poll arrives after the one that follows it
  'double poll', // a poll arrives twice
  'half a POST', // a message by POST breaks off in the middle
  'reset of all', // every connection is reset at once
  'clock forward', // the server's clock is set an hour forward
  'clock back', // and an hour back
  'crash', // the server's process is killed, and starts again
  'deploy', // the server's process is stopped as it should be, and starts again
] as const;

export type FaultName = (typeof faults)[number];

/** Faults of the whole server; each comes a few times, all others again and again. */
const rare: readonly FaultName[] = ['reset of all', 'clock forward', 'clock back', 'crash', 'deploy'];

/** Something that is done at its time, in milliseconds from the beginning. */
export type Step =
  | { readonly at: number; readonly do: 'send'; readonly topic: string }
  | { readonly at: number; readonly do: 'say'; readonly client: number }
  | { readonly at: number; readonly do: 'fault'; readonly fault: FaultName; readonly client: number };

/** How much is done. */
export interface PlanSettings {
  readonly seed: number;
  readonly seconds: number;
  readonly clients: number;
  /** Topics that messages are sent to, besides each client's own. */
  readonly topics: readonly string[];
  readonly nameOf: (client: number) => string;
  /** How often the server is killed besides. */
  readonly crashes: number;
}

/** How often each thing is done, per second. */
const BROADCASTS = 16;
const BURSTS = 0.3;
/** Of the clients together, per client and second. */
const OWN_MESSAGES = 0.1;
const SAID = 0.15;
const FAULTS = 0.15;

/** All that will be done, in order. The same seed gives the same plan. */
export function planOf(settings: PlanSettings): Step[] {
  const { seed, seconds, clients, topics, nameOf, crashes } = settings;
  const random = new Random(seed);
  const steps: Step[] = [];
  const millis = seconds * 1000;
  const anyClient = (): number => random.whole(0, clients - 1);
  const times = (perSecond: number, make: (at: number) => Step[]): void => {
    for (let left = Math.round(perSecond * seconds); left > 0; left--) steps.push(...make(random.whole(0, millis)));
  };
  times(BROADCASTS, (at) => [{ at, do: 'send', topic: random.pick(topics) }]);
  times(BURSTS, (at) => {
    const topic = random.pick(topics);
    return Array.from({ length: random.whole(5, 20) }, (): Step => ({ at, do: 'send', topic }));
  });
  times(OWN_MESSAGES * clients, (at) => [{ at, do: 'send', topic: `@${nameOf(anyClient())}` }]);
  times(SAID * clients, (at) => [{ at, do: 'say', client: anyClient() }]);
  const often = faults.filter((fault) => !rare.includes(fault));
  times(FAULTS * clients, (at) => [{ at, do: 'fault', fault: random.pick(often), client: anyClient() }]);
  // Each once at least, however short the run is.
  for (const fault of often) steps.push({ at: random.whole(0, millis / 2), do: 'fault', fault, client: anyClient() });
  steps.push(...rareFaults(random, millis));
  // Last, so that all else is the same with and without them.
  for (let left = crashes; left > 0; left--)
    steps.push({ at: random.whole(0, millis), do: 'fault', fault: 'crash', client: 0 });
  // A stable sort: what is done at the same time keeps its order.
  return steps.sort((one, other) => one.at - other.at);
}

/** Faults of the whole server, spread over the time so that none hides another. */
function rareFaults(random: Random, millis: number): Step[] {
  const rounds = Math.max(1, Math.round(millis / 30_000));
  const order = Array.from({ length: rounds }, () => rare).flat();
  const slot = millis / (order.length + 1);
  return order.map((fault, index): Step => {
    const at = Math.round(slot * (index + 0.5) + random.whole(0, slot / 2));
    return { at, do: 'fault', fault, client: 0 };
  });
}
