import { setTimeout as pause } from 'node:timers/promises';
import type { Contender } from './contenders';
import type { Cores } from './cores';
import { chatMessage, type Job } from './jobs';
import { LoadGenerator, type LoadOptions } from './load-generator';
import { PeerProcess } from './peer-process';
import { medianSample, type Sample } from './sample';
import { turnOrder } from './turn-order';

/** How jobs are measured. */
export interface Settings {
  /** Rounds per job. */
  readonly rounds: number;
  /** In how many of them, the first, the peers take part. */
  readonly peerRounds: number;
  readonly cores: Cores | undefined;
  /** Whether the base is compared with itself too. */
  readonly again: boolean;
  /** Whether the memory of each server is looked at in the end. Default: no. */
  readonly memory?: boolean;
  /** Where CPU profiles of the servers are written. Default: none are taken. */
  readonly profileFolder?: string;
}

/** Who a server is in a job. */
export type Role = 'base' | 'base again' | 'framework' | 'peer';

/** A server with what it took, round by round: from the first on, but maybe not to the last. */
export interface Series {
  readonly name: string;
  readonly role: Role;
  readonly samples: readonly Sample[];
}

interface Entry {
  readonly contender: Contender;
  readonly role: Role;
  readonly samples: Sample[];
}

interface Running {
  readonly entry: Entry;
  readonly peer: PeerProcess;
  readonly generator: LoadGenerator;
  readonly turns: Sample[];
  /** Messages of a turn. */
  count: number;
}

/** How many connect before their connections break, where many do. */
const AWAY_AT_ONCE = 10_000;
/** How often each server has its turn in a round; peers less often. */
const TURNS = 6;
const PEER_TURNS = 3;
/** Turns before those, which only warm up: each server compiled its hot code by then. */
const WARM_UP_TURNS = 6;
/** How long a turn of a server may take, in seconds: about twice the base's. One that is slower does less in it. */
const TURN_SECONDS = 0.25;
/**
 * Which part of its messages each server does before a turn counts: its code and data are then in the caches, whoever had the
 * turn before. Without it a server that follows itself would seem the cheaper.
 */
const LEAD_IN = 4;
/** Time for a server to come to rest, so that all it did is counted, in milliseconds. */
const REST = 15;
/** Time for servers to have read all that the generators sent when they connected, in milliseconds. */
const SETTLE = 300;

/**
 * Measures one job. A round starts the servers anew, because two processes of the same program differ for as long as they
 * live. They stand side by side and have short turns, in changing order; what a round says of a server is the median of
 * its turns. So what disturbs the machine meets one turn, or all servers alike.
 */
export async function measure(job: Job, settings: Settings): Promise<Series[]> {
  const entry = (contender: Contender, role: Role): Entry => ({ contender, role, samples: [] });
  const entries = [
    entry(job.base, 'base'),
    ...(settings.again ? [entry(job.base, 'base again')] : []),
    entry(job.framework, 'framework'),
    ...job.peers.map((peer) => entry(peer, 'peer')),
  ];
  for (let round = 0; round < settings.rounds; round++) {
    const taking = entries.filter(({ role }) => role !== 'peer' || round < settings.peerRounds);
    await measureRound(job, taking, settings);
  }
  return entries
    .filter(({ samples }) => samples.length > 0)
    .map(({ contender, role, samples }) => ({ name: contender.name, role, samples }));
}

/** Lets the entries take their turns, and keeps of each what they came to. */
async function measureRound(job: Job, entries: readonly Entry[], settings: Settings): Promise<void> {
  let running: Running[] = [];
  const each = async (step: (one: Running) => Promise<void>, order: readonly Running[]): Promise<void> => {
    for (const one of order)
      if (!(await holds(one.entry, () => step(one)))) running = running.filter((it) => it !== one);
  };
  const started: Running[] = [];
  try {
    for (const entry of entries) await holds(entry, async () => void started.push(await start(job, entry, settings)));
    running = started;
    await pause(SETTLE);
    await each((one) => warmUp(job, one), running);
    for (let turn = 0; turn < TURNS; turn++) {
      const taking = running.filter(({ entry }) => entry.role !== 'peer' || turn < PEER_TURNS);
      await each((one) => takeTurn(job, one), turnOrder(taking, turn));
    }
    if (settings.memory) await each(noteStanding, running);
    for (const { entry, turns } of running) entry.samples.push(medianSample(turns));
  } finally {
    for (const { generator, peer } of started) {
      await generator.close();
      await peer.stop();
    }
  }
}

/** Tells whether a step was done. A peer that fails is left out and spoken of; without the others there is nothing to compare. */
async function holds({ contender, role }: Entry, step: () => Promise<void>): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (error) {
    if (role !== 'peer') throw error;
    process.stderr.write(`bench: ${contender.name} is left out: ${String(error)}\n`);
    return false;
  }
}

async function start(job: Job, entry: Entry, settings: Settings): Promise<Running> {
  const { contender } = entry;
  const { path, publishPath = path, also = [], dialect } = contender;
  const peer = await PeerProcess.start(contender, settings.cores?.server, flagsOf(settings));
  const json = chatMessage(job.messageBytes);
  const { wrap, ...words } = dialect ?? { wrap: () => json };
  const message = wrap(json, job.kind);
  const options = { ...job.load, port: peer.port, path, publishPath, also, message, ...words };
  try {
    await comeAndGo(job.away ?? 0, options, settings.cores);
    const generator = await LoadGenerator.connect(contender.name, options, settings.cores?.generator);
    return { entry, turns: [], peer, generator, count: job.count };
  } catch (error) {
    await peer.stop();
    throw error;
  }
}

/** Listeners that connect, and whose connections break. */
async function comeAndGo(away: number, options: LoadOptions, cores: Cores | undefined): Promise<void> {
  for (let left = away; left > 0; left -= AWAY_AT_ONCE) {
    const connections = Math.min(left, AWAY_AT_ONCE);
    const generator = await LoadGenerator.connect('the server', { ...options, connections }, cores?.generator);
    await generator.close();
    await pause(SETTLE);
  }
}

function flagsOf({ memory, profileFolder }: Settings): string[] {
  return [
    ...(memory ? ['--expose-gc'] : []),
    ...(profileFolder === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profileFolder]),
  ];
}

/** What is slow only while it is not compiled does as much as the others in the end. */
async function warmUp(job: Job, one: Running): Promise<void> {
  for (let turn = 0; turn < WARM_UP_TURNS; turn++) {
    const { seconds } = await one.generator.run(one.count);
    one.count = Math.min(job.count, inBursts(job, (one.count * TURN_SECONDS) / seconds));
  }
}

async function takeTurn(job: Job, { peer, generator, count, turns }: Running): Promise<void> {
  await generator.run(inBursts(job, count / LEAD_IN));
  await pause(REST);
  const before = await peer.cpuMicros();
  const { messages, bytes, seconds, busySeconds } = await generator.run(count);
  await pause(REST);
  const micros = (await peer.cpuMicros()) - before;
  turns.push({
    micros: micros / messages,
    bytes: bytes / messages,
    perSecond: messages / seconds,
    serverLoad: micros / 1e6 / seconds,
    generatorLoad: busySeconds / seconds,
    memory: 0,
    startMicros: 0,
  });
}

/** A number of messages in whole bursts. */
function inBursts({ load }: Job, count: number): number {
  return Math.ceil(count / load.depth) * load.depth;
}

async function noteStanding({ peer, turns }: Running): Promise<void> {
  const { resident: memory } = await peer.memory();
  const startMicros = peer.startMicros?.serve ?? 0;
  turns.forEach((sample, index) => (turns[index] = { ...sample, memory, startMicros }));
}
