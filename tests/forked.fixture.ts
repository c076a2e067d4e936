import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { Journal } from './journal.fixture';

/** A TypeScript program of the tests, in a process of its own, that is spoken to over IPC. */
export class Forked<Order extends object, Answer extends object> {
  readonly answers = new Journal<Answer>();
  /** What it printed, the last of it. */
  output = '';
  readonly exited: Promise<number | string>;
  readonly #child: ChildProcess;

  /**
   * @param file path of the program, from the folder `tests`
   * @param settings its only argument, as JSON
   * @param flags for Node, such as `--expose-gc`
   */
  constructor(file: string, settings: object, flags: readonly string[] = []) {
    this.#child = fork(join(__dirname, file), [JSON.stringify(settings)], {
      execArgv: [...flags, '-r', join(__dirname, 'typescript.cjs')],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'json',
    });
    const keep = (chunk: Buffer): void => void (this.output = (this.output + chunk.toString()).slice(-10_000));
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.#child.on('message', (answer) => this.answers.push(answer as Answer));
    this.exited = new Promise((resolve) => this.#child.on('exit', (code, signal) => resolve(code ?? signal ?? '')));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Gives an order; one that comes too late for a process that has ended is dropped. */
  tell(order: Order): void {
    if (this.#child.connected) this.#child.send(order, () => undefined);
  }

  /** Waits for the next answer that fits; says what was printed when there is none. */
  async next<A extends Answer>(fits: (answer: Answer) => answer is A, what: string, millis = 15_000): Promise<A> {
    const start = this.answers.length;
    let found: A | undefined;
    const search = (answers: readonly Answer[]): boolean => (found = answers.slice(start).find(fits)) !== undefined;
    await this.answers.until(search, what, millis).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.output}`);
    });
    return found as A;
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | string> {
    if (this.runs) this.#child.kill(signal);
    return this.exited;
  }
}
