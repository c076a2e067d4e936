import { RawConnection } from '../raw-connection.fixture';

/** How a client goes: it says so; its connection breaks and it never comes back; it comes back first, and then says so. */
export const endings = ['goodbye', 'lapse', 'return'] as const;
export type Ending = (typeof endings)[number];

/** One client from its first connection to its last. */
export type Cycle = (port: number, path: string, ending: Ending) => Promise<void>;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/;
const HANDSHAKE = /([0-9a-f-]{36})\|0\|X\|/;

function query(path: string, transport: string, uuid = '0'): string {
  const client = `X-Atmosphere-tracking-id=${uuid}&X-Atmosphere-Framework=5.0.45&X-atmo-protocol=true`;
  return `${path}?${client}&X-Atmosphere-TrackMessageSize=true&X-Atmosphere-Transport=${transport}&jsonpTransport=call`;
}

async function goodbye(port: number, path: string, uuid: string): Promise<void> {
  const connection = new RawConnection(port).request('GET', query(path, 'close', uuid), ['Connection: close']);
  await connection.until(/^HTTP\/1\.1 200/);
  connection.end();
}

const UPGRADE = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

/** A frame of a client, masked with zeros (RFC 6455, 5.2): text (1), or close (8). */
function frame(opcode: 1 | 8, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

const CLOSE = frame(8, Buffer.from([0x03, 0xe8]));

const webSocket: Cycle = async (port, path, ending) => {
  const open = async (uuid?: string): Promise<{ connection: RawConnection; uuid: string }> => {
    const connection = new RawConnection(port).request('GET', query(path, 'websocket', uuid), UPGRADE);
    const [, own = ''] = await connection.until(HANDSHAKE);
    return { connection, uuid: own };
  };
  const first = await open();
  await first.connection.until(/hello/);
  first.connection.write(frame(1, Buffer.from('are you there?')));
  await first.connection.until(/are you there\?/);
  if (ending === 'lapse') return first.connection.cut();
  if (ending === 'return') first.connection.cut();
  const last = ending === 'return' ? await open(first.uuid) : first;
  last.connection.write(CLOSE);
  await last.connection.ended();
};

function stream(transport: 'sse' | 'streaming'): Cycle {
  return async (port, path, ending) => {
    const open = async (uuid?: string): Promise<{ connection: RawConnection; uuid: string }> => {
      const connection = new RawConnection(port).request('GET', query(path, transport, uuid));
      const [, own = ''] = await connection.until(HANDSHAKE);
      return { connection, uuid: own };
    };
    const first = await open();
    await first.connection.until(/hello/);
    await say(port, path, transport, first.uuid);
    await first.connection.until(/are you there\?/);
    if (ending === 'lapse') return first.connection.cut();
    if (ending === 'return') first.connection.cut();
    const last = ending === 'return' ? await open(first.uuid) : first;
    await goodbye(port, path, first.uuid);
    await last.connection.until(/\r\n0\r\n\r\n/);
    last.connection.end();
  };
}

async function say(port: number, path: string, transport: string, uuid: string): Promise<void> {
  const target = query(path, transport, uuid);
  const connection = new RawConnection(port).request('POST', target, ['Connection: close'], 'are you there?');
  await connection.until(/^HTTP\/1\.1 200/);
  connection.end();
}

function poll(transport: 'long-polling' | 'jsonp' | 'polling'): Cycle {
  return async (port, path, ending) => {
    const holds = transport !== 'polling';
    // One after the other over one connection, as in browsers.
    const connection = new RawConnection(port);
    const ask = (uuid?: string): RawConnection => connection.request('GET', query(path, transport, uuid));
    const answerTo = (uuid?: string): Promise<string> => ask(uuid).answer();
    const [uuid = ''] = UUID.exec(await answerTo()) ?? [];
    // The first answer of one that holds is the handshake alone; that of the other has all there is.
    if (holds) await answerTo(uuid);
    await say(port, path, transport, uuid);
    expectText(await answerTo(uuid), 'are you there?');
    if (ending === 'return' && holds) await ask(uuid).until(/^HTTP\/1\.1 200/);
    connection.cut();
    if (ending !== 'lapse') await goodbye(port, path, uuid);
  };
}

function expectText(answer: string, text: string): void {
  if (!answer.includes(text)) throw new Error(`"${text}" is not in ${JSON.stringify(answer)}`);
}

/** A message of somebody who has no connection, and leaves nothing behind. */
const visitor: Cycle = async (port, path) => {
  const connection = new RawConnection(port).request('POST', path, ['Connection: close'], 'are you there?');
  await connection.until(/\r\n\r\nare you there\?/);
  connection.end();
};

/** A client of each transport; visitors speak by POST. */
export const cycles: Readonly<Record<string, Cycle>> = {
  websocket: webSocket,
  sse: stream('sse'),
  streaming: stream('streaming'),
  'long-polling': poll('long-polling'),
  jsonp: poll('jsonp'),
  polling: poll('polling'),
  visitor,
};
