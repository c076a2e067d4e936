import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { Journal } from './journal.fixture';

/** A program that runs on the built packages, in a process of its own. */
export class Program {
  readonly output = new Journal<string>();
  readonly #exit: Promise<number | string>;

  private constructor(private readonly process: ChildProcess) {
    process.stdout?.on('data', (chunk: Buffer) => this.output.push(chunk.toString()));
    process.stderr?.on('data', (chunk: Buffer) => this.output.push(chunk.toString()));
    this.#exit = new Promise((resolve) => process.on('exit', (code, signal) => resolve(code ?? signal ?? '')));
  }

  /** Starts a program of this folder, and waits until it says that it is ready. */
  static async start(name: string, ...args: string[]): Promise<Program> {
    const program = new Program(spawn(process.execPath, [join(__dirname, name), ...args]));
    await program.output.until(() => program.text.includes('ready '), `${name} is ready`, 10_000);
    return program;
  }

  /** Runs a program of this folder to its end. */
  static async run(name: string, ...args: string[]): Promise<Program> {
    const program = new Program(spawn(process.execPath, [join(__dirname, name), ...args]));
    await program.exited();
    return program;
  }

  get text(): string {
    return this.output.entries.join('');
  }

  /** The words after `ready`. */
  get ready(): string[] {
    return /ready (.*)/.exec(this.text)?.[1]?.split(' ') ?? [];
  }

  get url(): string {
    return this.ready[0] ?? '';
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Exit code, or the signal that ended it. */
  exited(): Promise<number | string> {
    return this.#exit;
  }

  async end(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGKILL');
    await this.#exit;
  }
}
