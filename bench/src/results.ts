import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { idleTableOf, type IdleFinding } from './idle';
import type { Settings } from './measure';
import { cpuSource } from './peer-process';
import { doubtsOf, tableOf, type Finding } from './report';

const folder = join(__dirname, '..', 'results');

/** All that a run found out. */
export interface Findings {
  readonly findings: readonly Finding[];
  readonly idleFindings: readonly IdleFinding[];
}

/** Prints the tables, and writes them and all that was measured to the folder of results. */
export function publish({ findings, idleFindings }: Findings, { rounds, peerRounds, cores }: Settings): void {
  const conditions = {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    pinned: cores !== undefined,
    cpuSource: cpuSource(),
    rounds,
    peerRounds,
  };
  const where = cores
    ? `Servers on core ${cores.server}, generator on core ${cores.generator}.`
    : 'Not bound to cores (taskset, or a second core, is missing): believe the ratios less.';
  const text = [
    ...(findings.length > 0 ? [tableOf(findings)] : []),
    ...(idleFindings.length > 0 ? [idleTableOf(idleFindings)] : []),
    `Node ${conditions.node}, ${conditions.cpu}, ${conditions.cores} cores; CPU from ${conditions.cpuSource}; ` +
      `${rounds} rounds, peers in ${peerRounds} of them. ${where}`,
    ...doubtsOf(findings).map((doubt) => `Doubtful: ${doubt}`),
  ].join('\n\n');
  console.log(text);
  const written = { measuredAt: new Date().toISOString(), ...conditions, findings, idleFindings };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'latest.json'), `${JSON.stringify(written, null, 2)}\n`);
  writeFileSync(join(folder, 'latest.md'), `${text}\n`);
}
