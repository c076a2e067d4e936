import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { curveTableOf, type CurveFinding } from './curves';
import type { IdleFinding } from './idle';
import { idleTableOf } from './idle-report';
import type { Settings } from './measure';
import { cpuSource } from './peer-process';
import { pictureOf, rowsOf } from './picture';
import { doubtsOf, leadOf, tableOf, type Finding } from './report';
import { startUpTableOf, type StartUpFinding } from './start-up';

const folder = join(__dirname, '..', 'results');

/** All that a run found out. */
export interface Findings {
  readonly jobs: Finding[];
  readonly idle: IdleFinding[];
  readonly startUp: StartUpFinding[];
  readonly curves: CurveFinding[];
}

export function noFindings(): Findings {
  return { jobs: [], idle: [], startUp: [], curves: [] };
}

/**
 * Prints the tables, and writes them, all that was measured, and a picture of it to the folder of results.
 *
 * @param name of the files: those of a whole run stay when a part is measured again
 */
export function publish(findings: Findings, settings: Settings, name: 'latest' | 'subset'): void {
  const conditions = conditionsOf(settings);
  const tables = [
    findings.jobs.length > 0 && tableOf(findings.jobs),
    findings.idle.length > 0 && idleTableOf(findings.idle),
    findings.startUp.length > 0 && startUpTableOf(findings.startUp),
    findings.curves.length > 0 && curveTableOf(findings.curves),
  ].filter((table) => table !== false);
  if (tables.length === 0) return;
  const doubts = doubtsOf(findings.jobs).map((doubt) => `Doubtful: ${doubt}`);
  const lead = leadOf(findings.jobs);
  const words = [...(lead === '' ? [] : [lead]), inWords(conditions, settings), ...doubts];
  const text = [...tables, ...words].join('\n\n');
  console.log(text);
  const written = { measuredAt: new Date().toISOString(), ...conditions, ...findings };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(written, null, 2)}\n`);
  writeFileSync(join(folder, `${name}.md`), `${text}\n`);
  writeFileSync(join(folder, `${name}.svg`), pictureOf(rowsOf(findings)));
}

type Conditions = ReturnType<typeof conditionsOf>;

function conditionsOf({ cores, rounds, peerRounds }: Settings) {
  return {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    pinned: cores !== undefined,
    cpuSource: cpuSource(),
    rounds,
    peerRounds,
  };
}

function inWords({ node, cpu, cores: count, cpuSource: source, rounds, peerRounds }: Conditions, { cores }: Settings) {
  const where = cores
    ? `Servers on core ${cores.server}, generator on core ${cores.generator}.`
    : 'Not bound to cores (taskset, or a second core, is missing): believe the ratios less.';
  return `Node ${node}, ${cpu}, ${count} cores; CPU from ${source}; ${rounds} rounds, peers in ${peerRounds} of them. ${where}`;
}
