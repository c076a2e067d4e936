import { setTimeout as pause } from 'node:timers/promises';
import type { Cores } from './cores';
import { chatMessage, type Contender, type Job } from './jobs';
import { LoadGenerator } from './load-generator';
import { PeerProcess } from './peer-process';
import { median } from './statistics';

/** How jobs are measured. */
export interface Settings {
  /** Rounds per job. */
  readonly rounds: number;
  readonly cores: Cores | undefined;
  /** Where CPU profiles of the servers are written. Default: none are taken. */
  readonly profileFolder?: string;
}

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
}

/** A server with what it took, round by round. */
export interface Series {
  readonly name: string;
  readonly role: 'base' | 'base again' | 'other';
  readonly samples: readonly Sample[];
}

interface Entry {
  readonly contender: Contender;
  readonly role: Series['role'];
  readonly samples: Sample[];
}

interface Running {
  readonly turns: Sample[];
  readonly peer: PeerProcess;
  readonly generator: LoadGenerator;
}

/** How often each server has its turn in a round. */
const TURNS = 8;
/** Turns before those, which only warm up: each server compiled its hot code by then. */
const WARM_UP_TURNS = 6;
/** Time for a server to come to rest, so that all it did is counted, in milliseconds. */
const REST = 15;
/** Time for a server to have read all that the generator sent when it connected, in milliseconds. */
const SETTLE = 300;

/**
 * Measures one job. A round starts the servers anew, because two processes of the same program differ for as long as they
 * live. They stand side by side and have short turns, in the order A B C, C B A, A B C and so on; what a round says of a
 * server is the median of its turns. So what disturbs the machine meets one turn, or all servers alike.
 */
export async function measure(job: Job, settings: Settings): Promise<Series[]> {
  const entry = (contender: Contender, role: Series['role']): Entry => ({ contender, role, samples: [] });
  const entries = [
    entry(job.base, 'base'),
    entry(job.base, 'base again'),
    ...job.others.map((other) => entry(other, 'other')),
  ];
  for (let round = 0; round < settings.rounds; round++) {
    const turns = await measureRound(job, entries, settings);
    entries.forEach((each, index) => each.samples.push(medianSample(turns[index] ?? [])));
  }
  return entries.map(({ contender, role, samples }) => ({ name: contender.name, role, samples }));
}

/** Turns of each entry. */
async function measureRound(job: Job, entries: readonly Entry[], settings: Settings): Promise<Sample[][]> {
  const running: Running[] = [];
  try {
    for (const { contender } of entries) running.push(await start(job, contender, settings));
    for (const { generator } of running)
      for (let turn = 0; turn < WARM_UP_TURNS; turn++) await generator.run(job.count);
    for (let turn = 0; turn < TURNS; turn++)
      for (const one of turn % 2 === 0 ? running : running.toReversed()) one.turns.push(await takeTurn(job, one));
    return running.map(({ turns }) => turns);
  } finally {
    for (const { generator, peer } of running) {
      await generator.close();
      await peer.stop();
    }
  }
}

async function start(job: Job, contender: Contender, { cores, profileFolder }: Settings): Promise<Running> {
  const { module, path, publishPath = path } = contender;
  const flags = profileFolder === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profileFolder];
  const peer = await PeerProcess.start(module, cores?.server, flags);
  const options = { ...job.load, port: peer.port, path, publishPath, message: chatMessage() };
  try {
    const generator = await LoadGenerator.connect(options, cores?.generator);
    await pause(SETTLE);
    return { turns: [], peer, generator };
  } catch (error) {
    await peer.stop();
    throw error;
  }
}

async function takeTurn(job: Job, { peer, generator }: Running): Promise<Sample> {
  await generator.run(leadIn(job));
  await pause(REST);
  const before = await peer.cpuMicros();
  const { messages, bytes, seconds, busySeconds } = await generator.run(job.count);
  await pause(REST);
  const micros = (await peer.cpuMicros()) - before;
  return {
    micros: micros / messages,
    bytes: bytes / messages,
    perSecond: messages / seconds,
    serverLoad: micros / 1e6 / seconds,
    generatorLoad: busySeconds / seconds,
  };
}

/**
 * What a server does before its turn counts, in whole bursts: its code and data are then in the caches, whoever had the turn
 * before. Without it a server that follows itself, as the first and the last of the order do, would seem the cheaper.
 */
function leadIn({ count, load }: Job): number {
  return Math.ceil(count / 8 / load.depth) * load.depth;
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
  };
}
