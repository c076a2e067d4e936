import { connect, type Socket } from 'node:net';

/** What a client of a crowd was told. */
export abstract class CrowdClient {
  /** The numbers of the messages that came, in order. */
  readonly messages: number[] = [];
  /** When it was told to come back, in seconds; undefined when it was told nothing. */
  retryAfterSeconds: number | undefined;
  /** How it ended, in the words of its wire. */
  end = '';
  /** Resolves when the connection is over. */
  readonly over: Promise<void>;
  protected readonly socket: Socket;
  protected received: Buffer = Buffer.alloc(0);

  constructor(
    protected readonly port: number,
    query: string,
    headers: readonly string[] = [],
  ) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.over = new Promise((resolve) => this.socket.once('close', () => resolve()));
    this.socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.read();
    });
    this.get(query, headers);
  }

  protected abstract read(): void;

  protected get(query: string, headers: readonly string[] = []): void {
    const lines = [`GET /crowd?${query} HTTP/1.1`, `Host: 127.0.0.1:${this.port}`, ...headers];
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  }

  protected take(text: string): void {
    for (const [, number] of text.matchAll(/m(\d+);/g)) this.messages.push(Number(number));
  }
}

/** SSE, or HTTP streaming. */
export class StreamClient extends CrowdClient {
  constructor(
    port: number,
    private readonly transport: 'sse' | 'streaming',
  ) {
    super(port, `X-Atmosphere-Transport=${transport}&X-Atmosphere-TrackMessageSize=true`);
  }

  protected read(): void {
    const text = this.received.toString('latin1');
    this.messages.length = 0;
    this.take(text);
    const retry = /retry: (\d+)\n\n/.exec(text)?.[1];
    if (retry !== undefined) this.retryAfterSeconds = Number(retry) / 1000;
    if (text.endsWith('\r\n0\r\n\r\n')) this.end = `${this.transport} ended`;
  }
}

/** A WebSocket, frame by frame (RFC 6455, 5.2). */
export class SocketClient extends CrowdClient {
  #open = false;

  /** @param answers whether it answers a close, as it should */
  constructor(
    port: number,
    private readonly answers: boolean,
  ) {
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
    super(port, '', ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', key]);
  }

  /** Sends a short text. */
  send(text: string): void {
    this.#frame(1, Buffer.from(text));
  }

  protected read(): void {
    if (!this.#open) {
      const end = this.received.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#open = true;
      this.received = this.received.subarray(end + 4);
    }
    while (this.received.length >= 2) {
      const [first = 0, length = 0] = this.received;
      if (this.received.length < 2 + length) return;
      const body = this.received.subarray(2, 2 + length);
      this.received = this.received.subarray(2 + length);
      if ((first & 15) === 8) this.#closed(body);
      else this.take(body.toString());
    }
  }

  #closed(body: Buffer): void {
    const reason = body.subarray(2).toString();
    this.end = `${body.readUInt16BE(0)} ${reason.replace(/[\d.]+$/, '')}`;
    this.retryAfterSeconds = Number(/retry-after=([\d.]+)$/.exec(reason)?.[1]);
    if (this.answers) this.#frame(8, body.subarray(0, 2));
  }

  /** With a mask of zeros, which changes nothing. */
  #frame(opcode: number, body: Buffer): void {
    this.socket.write(Buffer.concat([Buffer.from([128 | opcode, 128 | body.length, 0, 0, 0, 0]), body]));
  }
}

/** Long-polling: the next poll follows each answer, over the same connection. */
export class PollClient extends CrowdClient {
  #uuid = '0';

  /** @param framework version that it calls itself; the headers of its polls then leave early */
  constructor(
    port: number,
    private readonly framework?: string,
  ) {
    super(port, query('0', framework));
  }

  protected read(): void {
    for (let answer = this.#answer(); answer; answer = this.#answer()) {
      this.#uuid = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(answer.body)?.[0] ?? this.#uuid;
      this.take(answer.body);
      if (answer.status === 200) {
        this.get(query(this.#uuid, this.framework));
        continue;
      }
      this.end = `${answer.status}`;
      this.retryAfterSeconds = Number(/^retry-after: (\d+)/im.exec(answer.head)?.[1]);
    }
  }

  #answer(): { status: number; head: string; body: string } | undefined {
    const text = this.received.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const head = text.slice(0, end);
    const length = /^content-length: (\d+)/im.exec(head)?.[1];
    const last = length === undefined ? text.indexOf('\r\n0\r\n\r\n', end) + 7 : end + 4 + Number(length);
    if (last < end + 4 || text.length < last) return undefined;
    this.received = this.received.subarray(last);
    return { status: Number(head.split(' ')[1]), head, body: text.slice(end + 4, last) };
  }
}

function query(uuid: string, framework: string | undefined): string {
  const version = framework === undefined ? '' : `&X-Atmosphere-Framework=${framework}`;
  return `X-Atmosphere-tracking-id=${uuid}&X-Atmosphere-Transport=long-polling&X-Atmosphere-TrackMessageSize=true&X-atmo-protocol=true${version}`;
}
