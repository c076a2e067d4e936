import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseCores, type Cores } from './cores';
import { idleJobs, idleTableOf, measureIdle, type IdleFinding, type IdleJob } from './idle';
import { chosenFrom, jobs, type Job } from './jobs';
import { buildLoadGenerator } from './load-generator';
import { measure } from './measure';
import { cpuSource } from './peer-process';
import { doubtsOf, findingsOf, tableOf, type Finding } from './report';

const results = join(__dirname, '..', 'results');

const everyJob: readonly (Job | IdleJob)[] = [...jobs, ...idleJobs];

/** Who does nothing does it evenly, and takes a minute to. */
const IDLE_ROUNDS = 3;

const help = `npm run bench -- [job ...] [--rounds N] [--profile] [--list]

  job        names, or how they begin; without any, all are measured
  --rounds   rounds per job (default 8; fewer say little)
  --profile  writes a CPU profile of each server to bench/results/profiles; the figures are then not to be believed
  --list     names the jobs`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '8' },
      profile: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  if (values.list) return everyJob.forEach(({ name, about }) => console.log(`${name.padEnd(22)} ${about}`));
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError('--rounds must be a number from 1');
  const chosen = chosenFrom(everyJob, positionals);
  buildLoadGenerator();
  const cores = chooseCores();
  const settings = { rounds, cores, ...(values.profile && { profileFolder: join(results, 'profiles') }) };
  const findings: Finding[] = [];
  const idleFindings: IdleFinding[] = [];
  try {
    for (const job of chosen) {
      process.stderr.write(`bench: ${job.name} (${job.about})\n`);
      if ('measures' in job) idleFindings.push(...(await measureIdle(job, Math.min(rounds, IDLE_ROUNDS), cores)));
      else findings.push(...findingsOf(job, await measure(job, settings)));
    }
  } finally {
    // A job that fails does not take with it what the others took minutes to find out.
    if (findings.length + idleFindings.length > 0) report({ findings, idleFindings, rounds, cores });
  }
}

interface Findings {
  readonly findings: readonly Finding[];
  readonly idleFindings: readonly IdleFinding[];
  readonly rounds: number;
  readonly cores: Cores | undefined;
}

function report({ findings, idleFindings, rounds, cores }: Findings): void {
  const conditions = {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    pinned: cores !== undefined,
    cpuSource: cpuSource(),
    rounds,
  };
  mkdirSync(results, { recursive: true });
  const written = { measuredAt: new Date().toISOString(), ...conditions, findings, idleFindings };
  writeFileSync(join(results, 'latest.json'), `${JSON.stringify(written, null, 2)}\n`);
  if (findings.length > 0) console.log(`${tableOf(findings)}\n`);
  if (idleFindings.length > 0) console.log(`${idleTableOf(idleFindings)}\n`);
  console.log(
    `Node ${conditions.node}, ${conditions.cpu}, ${conditions.cores} cores; CPU from ${conditions.cpuSource}; ${rounds} rounds. ` +
      (cores
        ? `Servers on core ${cores.server}, generator on core ${cores.generator}.`
        : 'Not bound to cores (taskset, or a second core, is missing): believe the ratios less.'),
  );
  for (const doubt of doubtsOf(findings)) console.log(`Doubtful: ${doubt}`);
}

main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
