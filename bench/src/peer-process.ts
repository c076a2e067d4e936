import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender } from './contenders';
import { bound } from './cores';
import type { Answer, Question, Ready } from './peers/control';

/** Where programs of contenders are found. */
const root = join(__dirname, '..');

/** Where CPU time is read from: the kernel's own count of all threads, or the process's, which is coarser. */
export type CpuSource = 'schedstat' | 'process.cpuUsage';

/** A server under test, in a process of its own. */
export class PeerProcess {
  readonly #child: ChildProcess;

  private constructor(
    readonly name: string,
    child: ChildProcess,
    /** Port it listens on. */
    readonly port: number,
    /** CPU time, in microseconds, of what it says about its own start. */
    readonly startMicros: Ready['startMicros'],
  ) {
    this.#child = child;
  }

  /**
   * Starts a server.
   *
   * @param flags for Node. Default: none.
   */
  static async start(
    { name, program, args = [] }: Pick<Contender, 'name' | 'program' | 'args'>,
    core: number | undefined,
    flags: readonly string[] = [],
  ): Promise<PeerProcess> {
    const [execPath = '', ...execArgv] = boundNode(core, flags);
    const child = fork(join(root, program), args, { execPath, execArgv });
    const { port, startMicros } = (await answerOf(child, name)) as Ready;
    return new PeerProcess(name, child, port, startMicros);
  }

  /** CPU time that it has used, in microseconds. Right when it is idle. */
  async cpuMicros(): Promise<number> {
    return schedstatMicros(this.#child.pid) ?? ((await this.#ask('cpu')) as { readonly cpuMicros: number }).cpuMicros;
  }

  /** What lives on its heap, in bytes, and what its memory takes in all. It must have been started with `--expose-gc`. */
  async memory(): Promise<{ readonly heap: number; readonly resident: number }> {
    const { heapBytes } = (await this.#ask('heap')) as { readonly heapBytes: number };
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return { heap: heapBytes, resident: Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024 };
  }

  /** Ends it and waits for that. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }

  #ask(question: Question): Promise<Answer> {
    const answer = answerOf(this.#child, this.name);
    this.#child.send(question);
    return answer;
  }
}

function boundNode(core: number | undefined, flags: readonly string[]): string[] {
  const [command, args] = bound(core, process.execPath, flags);
  return [command, ...args];
}

/** What this machine can tell about the CPU of a process. */
export function cpuSource(): CpuSource {
  return schedstatMicros(process.pid) === undefined ? 'process.cpuUsage' : 'schedstat';
}

/** CPU of all threads of a process, in microseconds, as the scheduler counted it; undefined where it does not. */
function schedstatMicros(pid: number | undefined): number | undefined {
  try {
    const folder = `/proc/${pid}/task`;
    const nanos = readdirSync(folder).map((task) =>
      Number(readFileSync(`${folder}/${task}/schedstat`, 'utf8').split(' ')[0]),
    );
    const sum = nanos.reduce((total, each) => total + each, 0);
    return sum > 0 ? sum / 1000 : undefined;
  } catch {
    return undefined;
  }
}

async function answerOf(child: ChildProcess, name: string): Promise<Answer> {
  const ended = new AbortController();
  const exit = once(child, 'exit', { signal: ended.signal }).then(() => {
    throw new Error(`${name} ended; it said why above.`);
  });
  try {
    const [answer] = (await Promise.race([once(child, 'message', { signal: ended.signal }), exit])) as [Answer];
    return answer;
  } finally {
    exit.catch(() => undefined);
    ended.abort();
  }
}
