import type { Settings } from './measure';
import { PeerProcess } from './peer-process';
import { median } from './statistics';

/** What it costs to be there. */
export interface StartUpJob {
  readonly name: string;
  readonly about: string;
  readonly services: number;
}

export interface StartUpFinding {
  readonly about: string;
  /** CPU time, in milliseconds. */
  readonly millis: number;
  readonly target: number;
}

export const startUpJob: StartUpJob = { name: 'start-up', about: 'CPU of import and of serve()', services: 10 };

/** Starts the framework again and again; the figures are the median. */
export async function measureStartUp({ services }: StartUpJob, { rounds, cores }: Settings): Promise<StartUpFinding[]> {
  const imports: number[] = [];
  const serves: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const program = { name: 'Ionosphere', program: 'dist/peers/ionosphere-services.js', args: [String(services)] };
    const peer = await PeerProcess.start(program, cores?.server);
    imports.push((peer.startMicros?.imports ?? NaN) / 1000);
    serves.push((peer.startMicros?.serve ?? NaN) / 1000);
    await peer.stop();
  }
  return [
    { about: 'import of @ionosphere/server', millis: median(imports), target: 250 },
    { about: `serve() with ${services} services, after import`, millis: median(serves), target: 150 },
  ];
}

/** The findings as a table in Markdown. */
export function startUpTableOf(findings: readonly StartUpFinding[]): string {
  const rows = findings.map(
    ({ about, millis, target }) =>
      `| **start-up**: ${about} | ${millis.toFixed(0)} ms | ${millis <= target ? 'meets' : 'misses'} ≤ ${target} ms |`,
  );
  return ['| job | CPU | target |', '| --- | --: | --: |', ...rows].join('\n');
}
