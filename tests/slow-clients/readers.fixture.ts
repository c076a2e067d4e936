import { Journal } from '../journal.fixture';
import { RawConnection } from '../raw-connection.fixture';

export const transports = ['websocket', 'sse', 'streaming', 'long-polling'] as const;
export type Transport = (typeof transports)[number];

const UPGRADE = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

function targetOf(path: string, transport: Transport, uuid = '0'): string {
  const client = `X-Atmosphere-tracking-id=${uuid}&X-Atmosphere-Framework=5.0.45&X-atmo-protocol=true`;
  return `${path}${path.includes('?') ? '&' : '?'}${client}&X-Atmosphere-TrackMessageSize=true&X-Atmosphere-Transport=${transport}`;
}

/** Opens a connection on which messages will come: for one that polls, the poll that is held. */
async function open(
  port: number,
  path: string,
  transport: Transport,
): Promise<{ connection: RawConnection; uuid: string }> {
  const connection = new RawConnection(port);
  const headers = transport === 'websocket' ? UPGRADE : [];
  connection.request('GET', targetOf(path, transport), headers);
  if (transport === 'long-polling') {
    const [, uuid = ''] = /([0-9a-f-]{36})\|0\|X\|/.exec(await connection.answer()) ?? [];
    connection.request('GET', targetOf(path, transport, uuid));
    await connection.answer();
    return { connection, uuid };
  }
  const [, uuid = ''] = await connection.until(/([0-9a-f-]{36})\|0\|X\|/);
  await connection.until(/hello/);
  return { connection, uuid };
}

/** A client that reads all that comes. */
export class HealthyClient {
  /** Numbers of the messages that came, in the order in which they came. */
  readonly received = new Journal<number>();
  #stopped = false;

  private constructor(
    private readonly connection: RawConnection,
    private readonly port: number,
  ) {}

  static async open(port: number, path: string, transport: Transport): Promise<HealthyClient> {
    const { connection, uuid } = await open(port, path, transport);
    const client = new HealthyClient(connection, port);
    void client
      .#read(transport === 'long-polling' ? targetOf(path, transport, uuid) : undefined)
      .catch(() => undefined);
    return client;
  }

  close(): void {
    this.#stopped = true;
    this.connection.cut();
  }

  async #read(poll: string | undefined): Promise<void> {
    while (!this.#stopped) {
      const text = poll === undefined ? (await this.connection.until(/<\d+>/))[0] : await this.#poll(poll);
      for (const [, number] of text.matchAll(/<(\d+)>/g)) this.received.push(Number(number));
    }
  }

  #poll(target: string): Promise<string> {
    return this.connection.request('GET', target).answer();
  }
}

/** A client that was there once, and does not read any more; its connection stays. */
export async function openDeadClient(port: number, path: string, transport: Transport): Promise<RawConnection> {
  const { connection, uuid } = await open(port, `${path}?ballast=yes`, transport);
  connection.pause();
  if (transport === 'long-polling') connection.request('GET', targetOf(path, transport, uuid));
  return connection;
}
