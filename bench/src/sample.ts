import { median } from './statistics';

/** What one server took for one turn, or in the middle of a round's turns. */
export interface Sample {
  /** CPU of the server per message, in microseconds. */
  readonly micros: number;
  /** Bytes of the wire per message: servers that do the same job send about the same. */
  readonly bytes: number;
  readonly perSecond: number;
  /** How busy the server's core was with it: 1 is all the time. */
  readonly serverLoad: number;
  /** How busy the generator was; near 1 it was the generator that was measured. */
  readonly generatorLoad: number;
  /** Memory of the server in the end, garbage collected, in bytes; 0 where it was not looked at. */
  readonly memory: number;
  /** CPU that the server took to begin to serve, in microseconds; 0 where it does not say. */
  readonly startMicros: number;
}

/** The middle of each figure. */
export function medianSample(samples: readonly Sample[]): Sample {
  const middle = (of: (sample: Sample) => number): number => median(samples.map(of));
  return {
    micros: middle(({ micros }) => micros),
    bytes: middle(({ bytes }) => bytes),
    perSecond: middle(({ perSecond }) => perSecond),
    serverLoad: middle(({ serverLoad }) => serverLoad),
    generatorLoad: middle(({ generatorLoad }) => generatorLoad),
    memory: middle(({ memory }) => memory),
    startMicros: middle(({ startMicros }) => startMicros),
  };
}
