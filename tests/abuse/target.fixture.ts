import { Program } from '../child.fixture';
import { quiet } from '../journal.fixture';

/** What the attacked server holds, garbage not counted. */
export interface Memory {
  /** Bytes of the heap and of buffers. */
  readonly used: number;
  /** Bytes of the process, garbage and the library's memory included. */
  readonly rss: number;
  readonly resources: number;
  readonly broadcasters: number;
}

/** A server in a process of its own. */
export class Target {
  private constructor(readonly program: Program) {}

  static async start(): Promise<Target> {
    return new Target(await Program.start('abuse/target.mjs'));
  }

  get port(): number {
    return Number(new URL(this.program.url).port);
  }

  async memory(): Promise<Memory> {
    return (await (await fetch(`${this.program.url}/-/memory`)).json()) as Memory;
  }

  /** Its memory when there are no more resources and broadcasters than there were. */
  async settled(before: Memory): Promise<Memory> {
    for (let turn = 0; turn < 200; turn++) {
      const now = await this.memory();
      if (now.resources <= before.resources && now.broadcasters <= before.broadcasters) return now;
      await quiet(100);
    }
    throw new Error(`resources or broadcasters stay: ${JSON.stringify({ before, now: await this.memory() })}`);
  }

  end(): Promise<void> {
    return this.program.end();
  }
}
