import { connect } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';
import { Journal } from './journal.fixture';

/** An HTTP answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; a name that came twice has both values. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  readonly text: string;
}

/** What a request is made of; a line end in the target or in a header is sent as it is. */
export interface RawRequest {
  readonly method?: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends a request byte by byte as it is written here, and reads until the server ends the connection. */
export async function raw(
  port: number,
  { method = 'GET', target, headers = {}, body }: RawRequest,
): Promise<RawAnswer> {
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const fields = { Host: `127.0.0.1:${port}`, Connection: 'close', ...length, ...headers };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const text = await exchange(port, `${method} ${target} HTTP/1.1\r\n${head.join('')}\r\n${body ?? ''}`);
  return parse(text);
}

/** Sends bytes, ends, and gives all that comes back. */
export function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    let text = '';
    socket.setTimeout(5000, () => socket.destroy(new Error(`no end of the answer after 5 s, so far: ${text}`)));
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
    const known = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), known === undefined ? value : `${known}, ${value}`);
  }
  return { status: Number(first.split(' ')[1]), headers, body: text.slice(end + 4), text };
}

/** Code of the failure in an answer, or in a message. */
export function codeOf(json: unknown): string | undefined {
  const { error } = JSON.parse(String(json)) as { error?: { code?: string } };
  return error?.code;
}

/** A bare WebSocket: what it was sent, and how it ended. */
export class RawSocket {
  readonly messages = new Journal<string>();
  readonly ended = new Journal<number>();
  readonly #socket: WebSocket;

  private constructor(url: string, options: ClientOptions) {
    this.#socket = new WebSocket(url, options);
    this.#socket.on('message', (data: Buffer) => this.messages.push(data.toString()));
    this.#socket.on('close', (code) => this.ended.push(code));
  }

  /** Opens, or rejects with the HTTP status that the upgrade was answered with. */
  static open(url: string, options: ClientOptions = {}): Promise<RawSocket> {
    const socket = new RawSocket(url.replace('http', 'ws'), options);
    return new Promise((resolve, reject) => {
      socket.#socket.on('open', () => resolve(socket));
      socket.#socket.on('error', reject);
      socket.#socket.on('unexpected-response', (_request, { statusCode, headers }) => {
        reject(new Error(`${statusCode} ${String(headers['x-atmosphere-error'])}`));
        socket.#socket.terminate();
      });
    });
  }

  send(data: string | Buffer): void {
    this.#socket.send(data);
  }

  /** Sends, and gives the next message. */
  async ask(data: string): Promise<string> {
    const count = this.messages.length;
    this.send(data);
    await this.messages.until((messages) => messages.length > count, 'an answer');
    return this.messages.entries[count] ?? '';
  }

  close(): void {
    this.#socket.terminate();
  }
}
