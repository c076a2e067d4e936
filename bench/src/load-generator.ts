import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { bound } from './cores';

const root = join(__dirname, '..');
const source = join(root, 'loadgen', 'loadgen.c');
const binary = join(root, 'dist', 'loadgen');
const grpcGenerator = join(__dirname, 'grpc-generator.js');

/** What one run of the generator did. */
export interface LoadResult {
  /** Messages that came back; connects, when connecting was the job. */
  readonly messages: number;
  /** What the connections received, all bytes of the wire included. */
  readonly bytes: number;
  readonly seconds: number;
  /** For how much of it the generator had something to do. */
  readonly busySeconds: number;
  /**
   * With `pause`: how long half of the bursts of broadcasts, and the fastest tenth, took at most, from the first broadcast to
   * the last delivery, in milliseconds.
   */
  readonly burstMillis?: { readonly median: number; readonly tenth: number };
}

/** What the generator is told to do; loadgen/loadgen.c has the meanings. */
export interface LoadOptions {
  readonly mode: 'echo' | 'fan' | 'connect';
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly depth: number;
  readonly message: string;
  readonly subscribers?: 'websocket' | 'sse' | 'stream' | 'poll' | 'grpc';
  /** More listeners: kind, number, path. */
  readonly also?: readonly string[];
  /** How many messages each listener gets per broadcast. */
  readonly copies?: number;
  readonly publishPath?: string;
  /** Lines for the head of every request, each ended by CRLF. */
  readonly headers?: string;
  readonly greeting?: string;
  readonly greeted?: string;
  readonly ping?: string;
  readonly pong?: string;
  /** How long it sleeps after each burst of broadcasts, in microseconds. Default: it never sleeps. */
  readonly pause?: number;
}

/** Compiles the generator if its source is newer. Throws a readable error where that can't be done. */
export function buildLoadGenerator(): void {
  if (process.platform !== 'linux')
    throw new Error(`The load generator uses epoll and runs on Linux only, this is ${process.platform}.`);
  if (existsSync(binary) && statSync(binary).mtimeMs > statSync(source).mtimeMs) return;
  mkdirSync(join(root, 'dist'), { recursive: true });
  const tried = [...(process.env.CC ? [process.env.CC] : []), 'cc', 'gcc', 'clang'];
  for (const compiler of tried) {
    const result = spawnSync(compiler, ['-O2', '-Wall', '-Wextra', '-o', binary, source], { encoding: 'utf8' });
    if (result.error) continue;
    if (result.status === 0) return;
    throw new Error(`${compiler} could not compile ${source}:\n${result.stderr}`);
  }
  throw new Error(
    `No C compiler found (tried ${tried.join(', ')}). The load generator is C because one in Node would be slower than the ` +
      'servers that it is to load. Install one, such as the packages gcc and libc6-dev of Debian, or name yours in CC.',
  );
}

/** A generator that is connected to a server and waits to be told to run. */
export class LoadGenerator {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    /** Whom it loads. */
    readonly server: string,
    options: LoadOptions,
    core: number | undefined,
  ) {
    const program = options.subscribers === 'grpc' ? [process.execPath, grpcGenerator] : [binary];
    const [name = '', ...words] = [...program, ...argumentsOf(options)];
    const [command, args] = bound(core, name, words);
    this.#process = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  /** Gives the generator when all its connections stand. */
  static async connect(server: string, options: LoadOptions, core: number | undefined): Promise<LoadGenerator> {
    const generator = new LoadGenerator(server, options, core);
    await generator.#line();
    return generator;
  }

  /** Does that many messages, broadcasts or connects. */
  async run(count: number): Promise<LoadResult> {
    this.#process.stdin.write(`run ${count}\n`);
    return JSON.parse(await this.#line()) as LoadResult;
  }

  /** Ends it and waits for that. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.stdin.end();
    await gone;
  }

  async #line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done) throw new Error(`The load generator of ${this.server} ended; it said why above.`);
    return next.value;
  }
}

function argumentsOf({ mode, publishPath, also = [], ...rest }: LoadOptions): string[] {
  const named = { ...rest, 'publish-path': publishPath };
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  return [
    mode,
    ...given.flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...also.flatMap((group) => ['--also', group]),
  ];
}
