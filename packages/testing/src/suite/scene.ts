import assert from 'node:assert/strict';
import type { ConfigOptions, FailureMessage, Payload, Resource } from '@ionosphere/core';
import { RecordingLogger } from '../recording-logger';
import { TestClock, turn } from '../test-clock';
import type { Abilities, SuiteClient, SuiteHarness, SuiteServer } from './harness';
import { services } from './services';

/** How long anything may take that takes no time of its own, in milliseconds. */
const DEADLINE = 5000;

/** Resolves when the condition holds. Rejects after a deadline, naming what was waited for. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + DEADLINE;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`Waited in vain for: ${what}`);
    await turn();
  }
}

/** An app behind the transport under test, with a clock that is moved by hand and a log that is read. */
export class Stage {
  readonly clock = new TestClock();
  readonly log = new RecordingLogger();
  #server: SuiteServer | undefined;
  #rooms = 0;

  constructor(readonly harness: SuiteHarness) {}

  get server(): SuiteServer {
    assert(this.#server, 'the server was not started');
    return this.#server;
  }

  async start(config: ConfigOptions = {}): Promise<void> {
    const { clock, log: logger } = this;
    const all = { clientHeartbeatSeconds: 30, ...config };
    const limits = { maxMessageBytes: 128 * 1024 };
    this.#server = await this.harness.start({ services, config: all, limits, clock, logger });
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }

  /** A name that no other test uses. */
  name(): string {
    return `n${++this.#rooms}`;
  }
}

/** Something that every transport must do: a sentence, and its proof. */
export type Behaviour = readonly [title: string, proof: (scene: Scene) => Promise<void>];

/** One test: the clients that take part, and what they and the server can be asked. */
export class Scene {
  readonly #stage: Stage;
  readonly #clients: SuiteClient[] = [];
  readonly #children: Scene[] = [];
  /** What arrived in one piece with what was expected, and comes next. */
  readonly #rest = new Map<SuiteClient, string>();
  /** A name for this test's own instance of a service. */
  readonly name: string;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.name = stage.name();
  }

  get can(): Abilities {
    return this.#stage.harness.can;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** A scene on a server of its own, with other settings. */
  async apart(config: ConfigOptions): Promise<Scene> {
    const stage = new Stage(this.#stage.harness);
    await stage.start(config);
    const scene = new Scene(stage);
    this.#children.push(scene);
    return scene;
  }

  /** A client of a service in this test's own instance; the server waits for its messages, or holds its poll. */
  async join(service: string, { protocol = true } = {}): Promise<SuiteClient> {
    const { harness, server } = this.#stage;
    const client = await harness.connect(server, { path: `/${service}/${this.name}`, protocol });
    this.#clients.push(client);
    if (client.uuid !== '') await this.attached(client);
    return client;
  }

  async pair(service: string): Promise<[SuiteClient, SuiteClient]> {
    return [await this.join(service), await this.join(service)];
  }

  /** Lets the server have a turn of its event loop. */
  turn(): Promise<void> {
    return turn();
  }

  /** The server's side of a client. */
  resource(client: SuiteClient): Resource {
    const resource = this.#stage.server.app.resources.find(client.uuid);
    assert(resource, `the server does not know ${client.uuid}`);
    return resource;
  }

  /** The client has a connection, as far as the server knows. */
  async attached(client: SuiteClient): Promise<void> {
    const { resources } = this.#stage.server.app;
    await until('the resource to be ready', () => resources.find(client.uuid)?.state === 'ready');
  }

  /** The connection breaks, and the server has seen it. */
  async lose(client: SuiteClient): Promise<void> {
    await this.attached(client);
    await client.vanish();
    const resource = this.resource(client);
    await until('the resource to be away', () => resource.state === 'away');
  }

  /** The client comes back, and the server has a connection again. */
  async regain(client: SuiteClient): Promise<void> {
    await client.reconnect();
    await this.attached(client);
  }

  /** Broadcasts from outside of the service. */
  broadcast(service: string, ...messages: unknown[]): void {
    const broadcaster = this.#stage.server.app.broadcasters.find(`/${service}/${this.name}`);
    assert(broadcaster, `there is no broadcaster for ${service}`);
    for (const message of messages) broadcaster.broadcast(message);
  }

  /** These texts arrive next, and in this order. Where a wire can't keep them apart, their sequence arrives. */
  async expect(client: SuiteClient, ...texts: readonly string[]): Promise<void> {
    if (this.can.apart) {
      for (const text of texts) assert.equal(await client.receive(), text);
      return;
    }
    const whole = texts.join('');
    let arrived = this.#rest.get(client) ?? '';
    while (arrived.length < whole.length) arrived += String(await client.receive());
    this.#rest.set(client, arrived.slice(whole.length));
    assert.equal(arrived.slice(0, whole.length), whole);
  }

  /** Nothing but what was expected has arrived: shown by a last message that comes right after it. */
  async expectNothingElse(service: string, ...clients: SuiteClient[]): Promise<void> {
    this.broadcast(service, 'the end');
    for (const client of clients) await this.expect(client, 'the end');
  }

  /** Sends what fails, and gives the failure as the sender was told it. */
  async failureOf(client: SuiteClient, payload: Payload): Promise<FailureMessage['error']> {
    const answer = await client.send(payload);
    const told = this.can.answersFailures ? answer : (JSON.parse(String(await client.receive())) as FailureMessage);
    assert(told, 'the sender was not told');
    return told.error;
  }

  /** The facts of each `ready`, `heartbeat` or `disconnect` of a client so far. */
  events(kind: string, client: SuiteClient): Record<string, unknown>[] {
    return this.#stage.log.find(kind, { uuid: client.uuid }).map(({ fields: { uuid: _uuid, ...facts } }) => facts);
  }

  async event(kind: string, client: SuiteClient): Promise<void> {
    await until(`${kind} of the client`, () => this.events(kind, client).length > 0);
  }

  /** Ends what is left. */
  async end(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    for (const child of this.#children) {
      await child.end();
      await child.stage.stop();
    }
  }
}
