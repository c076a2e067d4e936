import type { Settings } from './measure';
import { PeerProcess } from './peer-process';
import type { Ready } from './peers/control';
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

/** How often it is started in a round. The cheapest start counts: what disturbs the machine only adds to it. */
const STARTS = 3;

/** Starts the framework again and again; the figures are the median of the rounds. */
export async function measureStartUp({ services }: StartUpJob, { rounds, cores }: Settings): Promise<StartUpFinding[]> {
  const imports: number[] = [];
  const serves: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const cheapest = { imports: Infinity, serve: Infinity };
    for (let start = 0; start < STARTS; start++) {
      const took = await startOnce(services, cores?.server);
      cheapest.imports = Math.min(cheapest.imports, took.imports);
      cheapest.serve = Math.min(cheapest.serve, took.serve);
    }
    imports.push(cheapest.imports / 1000);
    serves.push(cheapest.serve / 1000);
  }
  return [
    { about: 'import of @ionosphere/server', millis: median(imports), target: 250 },
    { about: `serve() with ${services} services, after import`, millis: median(serves), target: 150 },
  ];
}

/** CPU time of one start, in microseconds. */
async function startOnce(services: number, core: number | undefined): Promise<NonNullable<Ready['startMicros']>> {
  const program = { name: 'Ionosphere', program: 'dist/peers/ionosphere-services.js', args: [String(services)] };
  const peer = await PeerProcess.start(program, core);
  await peer.stop();
  return peer.startMicros ?? { imports: NaN, serve: NaN };
}

/** The findings as a table in Markdown. */
export function startUpTableOf(findings: readonly StartUpFinding[]): string {
  const rows = findings.map(
    ({ about, millis, target }) =>
      `| **start-up**: ${about} | ${millis.toFixed(0)} ms | ${millis <= target ? 'meets' : 'misses'} ≤ ${target} ms |`,
  );
  return ['| job | CPU | target |', '| --- | --: | --: |', ...rows].join('\n');
}
