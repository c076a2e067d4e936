// To be imported before the framework: V8 counts in what is compiled from then on.
import { Session, type Profiler } from 'node:inspector';

/** The sources of the framework, and none of its tests. */
const framework = /packages\/(core|protocol)\/src\/(?!.*\.(test|fixture)\.ts$)/;

const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
afterAll(() => session.disconnect());

/**
 * What some work executes of the framework: every call of a function, and every run of a block in one, such as the body of a
 * loop, counted together.
 *
 * @param sources paths of what is counted instead
 */
export function executedBy(work: () => void, sources = framework): number {
  countSinceLast(sources);
  work();
  return countSinceLast(sources);
}

function countSinceLast(sources: RegExp): number {
  let sum = 0;
  session.post('Profiler.takePreciseCoverage', (error, { result }) => {
    if (error) throw error;
    for (const { url, functions } of result) if (sources.test(url)) sum += functions.reduce(added, 0);
  });
  return sum;
}

function added(sum: number, { ranges }: Profiler.FunctionCoverage): number {
  return ranges.reduce((total, { count }) => total + count, sum);
}
