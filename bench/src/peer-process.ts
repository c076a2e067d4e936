import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, Question } from './peers/control';

/** Where CPU time is read from: the kernel's own count of all threads, or the process's, which is coarser. */
export type CpuSource = 'schedstat' | 'process.cpuUsage';

/** A server under test, in a process of its own. */
export class PeerProcess {
  readonly #child: ChildProcess;

  private constructor(
    child: ChildProcess,
    /** Port it listens on. */
    readonly port: number,
  ) {
    this.#child = child;
  }

  /**
   * Starts a module of `peers/`.
   *
   * @param flags for Node. Default: none.
   */
  static async start(module: string, core: number | undefined, flags: readonly string[] = []): Promise<PeerProcess> {
    const script = join(__dirname, 'peers', `${module}.js`);
    const child =
      core === undefined
        ? fork(script, { execArgv: [...flags] })
        : fork(script, {
            execPath: 'taskset',
            execArgv: ['-c', String(core), process.execPath, ...flags],
          });
    const ready = (await answerOf(child)) as { readonly port: number };
    return new PeerProcess(child, ready.port);
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
    const answer = answerOf(this.#child);
    this.#child.send(question);
    return answer;
  }
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

async function answerOf(child: ChildProcess): Promise<Answer> {
  const ended = new AbortController();
  const exit = once(child, 'exit', { signal: ended.signal }).then(() => {
    throw new Error('A server ended; it said why above.');
  });
  try {
    const [answer] = (await Promise.race([once(child, 'message', { signal: ended.signal }), exit])) as [Answer];
    return answer;
  } finally {
    exit.catch(() => undefined);
    ended.abort();
  }
}
