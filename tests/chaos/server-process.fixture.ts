import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Forked } from '../forked.fixture';
import type { ServerNote } from './history.fixture';

/** How the server under test is set up. */
export interface ServerSettings {
  /** Number of this process, counted from 1. */
  readonly run: number;
  /** Whether the one before was killed. */
  readonly killed: boolean;
  /** File that the notes are appended to. */
  readonly journal: string;
  /** Whether it keeps logs and resources on disk, in this file. */
  readonly store: string | undefined;
  /** How long resources are kept whose connection broke, or that do not poll. */
  readonly recoverySeconds: number;
  readonly pollGraceSeconds: number;
  readonly heartbeatSeconds: number;
}

/** What is the same for all processes. */
type SameSettings = Omit<ServerSettings, 'run' | 'killed' | 'journal' | 'store'>;

/** What it can be told. */
export type ServerOrder =
  | { readonly order: 'send'; readonly id: number; readonly topic: string }
  | { readonly order: 'jump'; readonly millis: number };

/** What it says. */
interface ServerAnswer {
  readonly port: number;
}

/** The server under test: one process after the other. */
export class ServerProcess {
  port = 0;
  /** How often a process was ended, and another begun. */
  restarts = 0;
  readonly #folder = mkdtempSync(join(tmpdir(), 'ionosphere-chaos-'));
  readonly #settings: SameSettings;
  #restart = Promise.resolve();
  #child: Forked<ServerOrder, ServerAnswer> | undefined;

  constructor(
    settings: SameSettings,
    /** Whether what it knows survives it. */
    readonly durable: boolean,
  ) {
    this.#settings = settings;
  }

  get #journal(): string {
    return join(this.#folder, 'notes.jsonl');
  }

  async start(killed = false): Promise<void> {
    const store = this.durable ? join(this.#folder, 'store.db') : undefined;
    const child = new Forked<ServerOrder, ServerAnswer>('chaos/server.ts', {
      ...this.#settings,
      run: this.restarts + 1,
      killed,
      journal: this.#journal,
      store,
    });
    this.#child = child;
    const { port } = await child.next((answer): answer is ServerAnswer => 'port' in answer, 'the server listens');
    this.port = port;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get runs(): boolean {
    return this.#child?.runs ?? false;
  }

  tell(order: ServerOrder): void {
    this.#child?.tell(order);
  }

  /** Ends the process, at once or as on a deploy, and starts the next one; after a restart that is under way. */
  restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#restart = this.#restart.then(async () => {
      await this.#child?.end(signal);
      this.restarts++;
      await this.start(signal === 'SIGKILL');
    });
    return this.#restart;
  }

  /** All that was noted, by all processes. */
  notes(): ServerNote[] {
    if (!existsSync(this.#journal)) return [];
    const lines = readFileSync(this.#journal, 'utf8').split('\n');
    // A process that is killed may leave half a line.
    return lines.flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as ServerNote] : []));
  }

  /** Ends the process; gives what it printed when it did not end by itself as it should. */
  async stop(): Promise<void> {
    const code = await this.#child?.end('SIGTERM');
    const { output = '' } = this.#child ?? {};
    rmSync(this.#folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`the server ended with ${code}:\n${output}`);
  }
}
