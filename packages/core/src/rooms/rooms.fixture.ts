import { connect, RecordingLogger, TestClock, type ConnectOptions, type MemoryClient } from '@ionosphere/testing';
import { container } from 'tsyringe';
import { App, type AppOptions } from '../app/app';
import { ManagedService, Message } from '../declaration/decorators';
import { Resource } from '../resource/resource';
import type { PresenceEvent } from './room-host';
import { RoomProtocolInterceptor, type RoomProtocolOptions } from './room-protocol-interceptor';

/** A service that echoes what is for no room. */
@ManagedService('/talk')
export class Talk {
  @Message()
  onText(text: string, resource: Resource): void {
    resource.send(`talk: ${text}`);
  }
}

/** An app whose clients speak of rooms, and what it was told. */
export class Scene {
  readonly clock = new TestClock();
  readonly logger = new RecordingLogger();
  readonly failures: string[] = [];
  readonly presence: string[] = [];
  readonly app: App;

  constructor(options: Partial<AppOptions> & { readonly protocol?: RoomProtocolOptions | false } = {}) {
    const { protocol, interceptors = [], ...others } = options;
    this.app = new App({
      services: [Talk],
      clock: this.clock,
      logger: this.logger,
      container: container.createChildContainer(),
      onError: ({ code, message }) => this.failures.push(`${code}: ${message}`),
      ...others,
      interceptors: protocol === false ? interceptors : [...interceptors, new RoomProtocolInterceptor(protocol)],
    });
    this.app.rooms.onPresence((event) => this.presence.push(told(event)));
  }

  async connect(path = '/talk', options: ConnectOptions = {}): Promise<RoomClient> {
    return new RoomClient(await connect(this.app, path, options), this.app);
  }

  /** A client that is in a room, in the dialect of `atmosphere.js`, and has received what that brought. */
  async member(id: string, room = 'lobby', options: ConnectOptions = {}): Promise<RoomClient> {
    const client = await this.connect('/talk', options);
    await client.send({ type: 'join', room, member: { id } });
    client.news();
    return client;
  }

  /** The same in the dialect of Atmosphere's server. */
  async javaMember(memberId: string, room = 'lobby'): Promise<RoomClient> {
    const client = await this.connect();
    await client.send({ type: 'join', room, memberId });
    client.news();
    return client;
  }
}

/** `JOIN alice lobby`. */
export function told({ type, member, room }: PresenceEvent): string {
  return `${type} ${member.id} ${room.name}`;
}

/** A client in memory whose messages are JSON. */
export class RoomClient {
  #seen = 0;

  constructor(
    readonly memory: MemoryClient,
    private readonly app: App,
  ) {}

  get resource(): Resource {
    const resource = this.app.resources.find(this.memory.uuid);
    if (!resource) throw new Error('the resource is gone');
    return resource;
  }

  /** What arrived since it was last asked: parsed where it is JSON. */
  news(): unknown[] {
    const { messages } = this.memory;
    const news = messages.slice(this.#seen);
    this.#seen = messages.length;
    return news.map((message) => {
      const text = String(message);
      return text.startsWith('{') ? JSON.parse(text) : text;
    });
  }

  send(value: unknown): Promise<unknown> {
    return this.memory.send(value);
  }

  say(data: unknown, room = 'lobby'): Promise<unknown> {
    return this.send({ type: 'broadcast', room, data });
  }
}
