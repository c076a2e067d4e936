import { parseArgs } from 'node:util';
import { chosenFrom } from './choice';
import { chooseCores } from './cores';
import { curves, measureCurve, type Curve } from './curves';
import { idleJobs, measureIdle, type IdleJob } from './idle';
import { jobs, type Job } from './jobs';
import { buildLoadGenerator } from './load-generator';
import { measure, type Settings } from './measure';
import { installPeers } from './peer-install';
import { findingsOf } from './report';
import { noFindings, publish, type Findings } from './results';
import { measureStartUp, startUpJob, type StartUpJob } from './start-up';

type AnyJob = Job | IdleJob | StartUpJob | Curve;

const everyJob: readonly AnyJob[] = [...jobs, ...idleJobs, startUpJob, ...curves];

/** Who does nothing does it evenly, and takes a minute to. */
const IDLE_ROUNDS = 2;

/** A curve shows how a cost grows, not a few percent. */
const CURVE_ROUNDS = 1;

/** The differences of peers are larger than what two rounds scatter. */
const PEER_ROUNDS = 2;

const help = `npm run bench -- [job ...] [--rounds N] [--no-peers] [--profile] [--list]

  job         names, or how they begin; without any, all are measured
  --rounds    rounds per job (default 8; fewer say little)
  --no-peers  raw uWebSockets.js and the framework only
  --profile   writes a CPU profile of each server to bench/results/profiles; the figures are then not to be believed
  --list      names the jobs`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '8' },
      'no-peers': { type: 'boolean', default: false },
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
  const peerRounds = values['no-peers'] ? 0 : Math.min(rounds, PEER_ROUNDS);
  buildLoadGenerator();
  if (peerRounds > 0) installPeers();
  await run(chosen, {
    rounds,
    peerRounds,
    again: true,
    cores: chooseCores(),
    ...(values.profile && { profileFolder: 'bench/results/profiles' }),
  });
}

async function run(chosen: readonly AnyJob[], settings: Settings): Promise<void> {
  const findings = noFindings();
  const whole = chosen.length === everyJob.length && settings.peerRounds > 0;
  try {
    for (const job of chosen) {
      process.stderr.write(`bench: ${job.name} (${job.about})\n`);
      await measureInto(findings, job, settings);
    }
  } finally {
    // A job that fails does not take with it what the others took minutes to find out.
    publish(findings, settings, whole ? 'latest' : 'subset');
  }
}

async function measureInto(findings: Findings, job: AnyJob, settings: Settings): Promise<void> {
  const atMost = (rounds: number): Settings => ({ ...settings, rounds: Math.min(rounds, settings.rounds) });
  if ('measures' in job) findings.idle.push(...(await measureIdle(job, atMost(IDLE_ROUNDS))));
  else if ('points' in job) findings.curves.push(...(await measureCurve(job, atMost(CURVE_ROUNDS))));
  else if ('services' in job) findings.startUp.push(...(await measureStartUp(job, settings)));
  else findings.jobs.push(...findingsOf(job, await measure(job, settings)));
}

main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
