import {
  App,
  Disconnect,
  Failure,
  ManagedService,
  Message,
  Request,
  Resume,
  type AppOptions,
  type Class,
  type Connection,
  type Frame,
  type HttpExchange,
  type Resource,
  type ServiceOptions,
  type TransportName,
  type WriteResult,
} from '@ionosphere/server';
import { connect, MemoryClient, TestClock } from '@ionosphere/testing';

/** Where a setting is said: of the app, or of the service. */
export interface Place {
  readonly app: Pick<AppOptions, 'config' | 'limits' | 'atmosphereConfig'>;
  readonly service: Pick<ServiceOptions, 'config' | 'limits' | 'atmosphereConfig'>;
}

/** What a key of Atmosphere does. */
export interface Effect {
  /** What it is set to. */
  readonly value: string;
  /** Looks at an app whose settings are said at a place. */
  readonly observe: (place: Place) => unknown;
  /** What is seen when nothing is said. */
  readonly without: unknown;
  /** What is seen when the key has its value. */
  readonly with: unknown;
}

/** A service that answers messages, and writes down what happened to it. */
export function roomAt(place: Place, told: string[] = []): Class<object> {
  @ManagedService({ path: '/room', ...place.service })
  class Room {
    @Message() onMessage(text: string): string {
      return `heard ${text}`;
    }

    @Resume() onResume(): void {
      told.push('resume');
    }

    @Disconnect() onDisconnect(): void {
      told.push('disconnect');
    }
  }
  return Room;
}

/** An app with that service, and a clock to move by hand. */
export class Scene {
  readonly told: string[] = [];
  readonly clock = new TestClock();
  readonly app: App;

  constructor(place: Place, { config, limits, ...others }: Omit<AppOptions, 'services'> = {}) {
    const { app } = place;
    const both = { ...app, config: { ...config, ...app.config }, limits: { ...limits, ...app.limits } };
    this.app = new App({ ...others, ...both, clock: this.clock, services: [roomAt(place, this.told)] });
  }

  get broadcaster() {
    return this.app.broadcasters.lookup('/room');
  }

  connect(options: Parameters<typeof connect>[2] = {}): Promise<MemoryClient> {
    return connect(this.app, '/room', options);
  }

  /** What a client misses while it is away, and gets when it is back. */
  async missed(messages: readonly string[], awayMillis = 0): Promise<unknown[]> {
    const client = await this.connect();
    await client.vanish();
    for (const message of messages) this.broadcaster.broadcast(message);
    await this.clock.advance(awayMillis);
    await client.reconnect();
    return [...client.messages];
  }

  /** The code with which a request over HTTP is refused, and the names of the headers of its answer. */
  request(headers: Record<string, string>): { refused: string | undefined; headers: string[] } {
    const names: string[] = [];
    const request = new Request({ method: 'GET', path: '/room', headers: new Map(Object.entries(headers)) });
    const exchange: HttpExchange = { request, setHeader: (name) => void names.push(name) };
    return { refused: codeOf(() => this.app.request(exchange)), headers: names };
  }
}

/** The code of the failure that a function throws; undefined when it throws none. */
export function codeOf(fn: () => unknown): string | undefined {
  try {
    fn();
    return undefined;
  } catch (error) {
    return Failure.from(error).code;
  }
}

/** How a raw connection is made. */
export interface RawOptions {
  readonly transport?: TransportName;
  readonly oneShot?: boolean;
  /** Besides the protocol's. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A connection of which a test sees each text as it is written. */
export class Raw implements Connection {
  readonly transport;
  readonly request: Request;
  readonly resource: Resource;
  readonly texts: string[] = [];
  open = true;

  constructor(
    { app }: Scene,
    { transport = 'websocket', oneShot = false, query = '', headers = {} }: RawOptions = {},
    id = '0',
  ) {
    const wire = { name: transport, binary: true, boundary: oneShot ? 'stream' : 'message' } as const;
    this.transport = { name: transport, oneShot, duplex: !oneShot, wire };
    const own = `X-Atmosphere-tracking-id=${id}&X-Atmosphere-Transport=${transport}&X-atmo-protocol=true`;
    const init = { method: 'GET', path: '/room', headers: new Map(Object.entries(headers)) };
    this.request = new Request({ ...init, query: `${own}&X-Atmosphere-Framework=5.0.7&${query}` }, app.config);
    this.resource = app.connect(this.request) as Resource;
    this.resource.attach(this);
  }

  write(frames: readonly Frame[]): WriteResult {
    this.writeOn(frames);
    if (!this.transport.oneShot) return 'ok';
    this.open = false;
    this.resource.detach(this, 'answered');
    return 'full';
  }

  writeOn(frames: readonly Frame[]): void {
    this.texts.push(...frames.map(String));
  }

  close(): void {
    this.open = false;
  }
}
