import { eventually } from '../journal.fixture';
import type { ChaosClient } from './clients/chaos-client.fixture';
import { kinds } from './clients/kinds.fixture';
import { PollClient } from './clients/poll-client.fixture';
import { inflict, victimOf, type Scenery } from './faults.fixture';
import type { History } from './history.fixture';
import { planOf, type FaultName, type Step } from './plan.fixture';
import { ChaosProxy } from './proxy.fixture';
import { Random } from './random.fixture';
import { ServerProcess } from './server-process.fixture';

/** How large a run is. */
export interface ChaosSettings {
  readonly seed: number;
  /** How long faults happen. */
  readonly seconds: number;
  readonly clients: number;
  /** How often the server is killed, besides twice a minute. */
  readonly crashes: number;
  /** Whether the server keeps what it knows on disk. */
  readonly durable: boolean;
}

/** What a run gave. */
export interface ChaosOutcome {
  readonly history: History;
  /** How often each fault was inflicted. */
  readonly inflicted: ReadonlyMap<FaultName, number>;
  /** Answers that clients were refused with, and how often. */
  readonly refusals: ReadonlyMap<string, number>;
  /** Clients that did not get the last message. */
  readonly unsettled: readonly string[];
}

const POLL_GRACE_SECONDS = 2;
const RECOVERY_SECONDS = 3;
const HEARTBEAT_SECONDS = 1;

/** Long enough for a heartbeat on a machine that has much else to do. */
const SILENCE_MILLIS = 3500;

/** How long it may take, when the faults have ended, until all have what they are due. */
const SETTLING_MILLIS = 20_000;

/** Services, by path, that clients connect to; those with a small log make gaps. */
const paths = ['/feed/a', '/sure/d', '/feed/b', '/brief/c'];
const topics = ['/feed/a', '/feed/b', '/brief/c', '/sure/d', 'news'];

/** One run: a server, a proxy, clients, and a plan. */
export class Chaos {
  readonly #settings: ChaosSettings;
  readonly #server: ServerProcess;
  readonly #random: Random;
  readonly #inflicted = new Map<FaultName, number>();
  #clients: ChaosClient[] = [];
  #lastId = 0;
  /** The restarts that are under way: what would be sent meanwhile is not. */
  #restarting: Promise<unknown> | undefined;

  constructor(settings: ChaosSettings) {
    this.#settings = settings;
    this.#random = new Random(settings.seed + 1);
    this.#server = new ServerProcess(
      {
        recoverySeconds: RECOVERY_SECONDS,
        pollGraceSeconds: POLL_GRACE_SECONDS,
        heartbeatSeconds: HEARTBEAT_SECONDS,
      },
      settings.durable,
    );
  }

  async run(): Promise<ChaosOutcome> {
    await this.#server.start();
    const proxy = await ChaosProxy.start(() => this.#server.port);
    try {
      this.#clients = this.#makeClients(proxy);
      await this.#everybodyHears();
      await this.#follow(proxy);
      await this.#restarting;
      await this.#everybodyHears();
      const unsettled = await this.#settle();
      return this.#outcome(unsettled);
    } finally {
      for (const client of this.#clients) client.stop();
      await proxy.stop();
      await this.#server.stop();
    }
  }

  #makeClients(proxy: ChaosProxy): ChaosClient[] {
    const { port } = proxy;
    const made = Array.from({ length: this.#settings.clients }, (_, index) => {
      const kind = kinds[index % kinds.length] ?? kinds[0]!;
      // Each kind at each path in turn.
      const path = paths[(index + Math.floor(index / kinds.length)) % paths.length] ?? '/feed/a';
      const { name } = kind;
      const promised = (path === '/sure/d' && kind.promisedAtLeastOnce) || kind.promised;
      const random = new Random(this.#random.whole(0, 1e9));
      return new kind.make({
        ...{
          client: nameOf(index),
          kind: name,
          promised,
          polls: kind.make === PollClient,
          port,
          random,
          silenceMillis: SILENCE_MILLIS,
        },
        path,
        others: index % 3 === 0 ? ['news'] : [],
      });
    });
    const byName = new Map(made.map((client) => [client.settings.client, client]));
    proxy.onHarm = (client, attempt) => byName.get(client)?.harm(attempt);
    proxy.onSlow = (client, attempt) => byName.get(client)?.slow(attempt);
    for (const client of made) client.start();
    return made;
  }

  /** Resolves when every client has heard from the server: from the one that runs now. */
  async #everybodyHears(): Promise<void> {
    const since = Date.now();
    const silent = (): ChaosClient[] => this.#clients.filter(({ lastByte }) => lastByte <= since);
    await eventually(() => silent().length === 0, 'every client hears from the server', SETTLING_MILLIS).catch(
      (error: Error) => {
        const names = silent().map(({ settings }) => `${settings.client} (${settings.kind})`);
        throw new Error(`${error.message}; not heard by ${names.slice(0, 20).join(', ')}`);
      },
    );
  }

  async #follow(proxy: ChaosProxy): Promise<void> {
    const { seed, seconds, clients, crashes } = this.#settings;
    const longestMillis = Math.max(RECOVERY_SECONDS, POLL_GRACE_SECONDS) * 1000;
    const scenery: Scenery = { proxy, server: this.#server, random: this.#random, longestMillis };
    const start = Date.now();
    for (const step of planOf({ seed, seconds, clients, topics, nameOf, crashes })) {
      const wait = start + step.at - Date.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      this.#do(step, scenery);
    }
  }

  #do(step: Step, scenery: Scenery): void {
    if (step.do === 'send') return void this.#send(step.topic);
    const client = this.#clients[step.client];
    if (step.do === 'say') return client?.speak();
    const victim = victimOf(step.fault, this.#clients, step.client);
    if (!victim) return;
    this.#inflicted.set(step.fault, (this.#inflicted.get(step.fault) ?? 0) + 1);
    const done = inflict[step.fault](scenery, victim);
    // A server that starts slowly is not started twice.
    if (done) this.#restarting = Promise.all([this.#restarting, done]);
  }

  #send(topic: string): number {
    const id = ++this.#lastId;
    this.#server.tell({ order: 'send', id, topic });
    return id;
  }

  /** Everybody gets a last message of each topic; gives those who do not. */
  async #settle(): Promise<string[]> {
    for (const topic of topics) this.#send(topic);
    const last = this.#clients.map((client) => ({ client, id: this.#send(`@${client.settings.client}`) }));
    const waiting = (): typeof last => last.filter(({ client, id }) => !client.has(id));
    await eventually(() => waiting().length === 0, 'all have the last message', SETTLING_MILLIS).catch(() => undefined);
    return waiting().map(({ client: { settings } }) => `${settings.client} (${settings.kind})`);
  }

  #outcome(unsettled: readonly string[]): ChaosOutcome {
    const refusals = new Map<string, number>();
    for (const text of this.#clients.flatMap((client) => client.refusals))
      refusals.set(text, (refusals.get(text) ?? 0) + 1);
    const history: History = {
      server: this.#server.notes(),
      clients: this.#clients.map((client) => client.history),
      windowMillis: Math.min(RECOVERY_SECONDS, POLL_GRACE_SECONDS) * 1000,
    };
    return { history, inflicted: this.#inflicted, refusals, unsettled };
  }
}

function nameOf(index: number): string {
  return `c${index}`;
}
