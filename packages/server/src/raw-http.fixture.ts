import { connect, type Socket } from 'node:net';

/** An answer as it came. */
export interface RawResponse {
  readonly status: number;
  /** Names in lower case; a header that came twice has both values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

/** HTTP/1.1 over a socket of one's own, for requests that no client library would send. */
export class RawHttp {
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  #received = '';
  #wake: () => void = () => undefined;
  ended = false;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk) => {
      this.#received += chunk.toString('latin1');
      this.#wake();
    });
    this.#socket.on('error', () => undefined);
    this.#closed = new Promise((resolve) => {
      this.#socket.once('close', () => {
        this.ended = true;
        this.#wake();
        resolve();
      });
    });
  }

  write(text: string | Uint8Array): void {
    this.#socket.write(text);
  }

  /** Waits until what came and was not yet read has some text in it, or the connection ends; gives all of it. */
  async until(text: string): Promise<string> {
    while (!this.#received.includes(text) && !this.ended) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#received;
  }

  /** Sends a request and reads one answer that has a length. */
  async request(line: string, headers: Readonly<Record<string, string>> = {}, body = ''): Promise<RawResponse> {
    const all = { Host: '127.0.0.1', ...(body && { 'Content-Length': `${Buffer.byteLength(body)}` }), ...headers };
    this.write(
      `${line} HTTP/1.1\r\n${Object.entries(all)
        .map((pair) => `${pair.join(': ')}\r\n`)
        .join('')}\r\n${body}`,
    );
    return this.response(line.startsWith('HEAD'));
  }

  async response(withoutBody = false): Promise<RawResponse> {
    const head = (await this.until('\r\n\r\n')).split('\r\n\r\n', 1)[0] ?? '';
    const [first = '', ...lines] = head.split('\r\n');
    const headers = new Map<string, string[]>();
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
      headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), value]);
    }
    const length = withoutBody ? 0 : Number(headers.get('content-length')?.[0] ?? 0);
    const begin = head.length + 4;
    while (this.#received.length < begin + length && !this.ended)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    const body = Buffer.from(this.#received.slice(begin, begin + length), 'latin1').toString();
    this.#received = this.#received.slice(begin + length);
    return { status: Number(first.split(' ')[1]), headers, body };
  }

  /** Breaks the connection. */
  async destroy(): Promise<void> {
    this.#socket.destroy();
    await this.#closed;
  }
}

/** One request on a connection of its own. */
export async function requestOnce(
  port: number,
  line: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): Promise<RawResponse> {
  const http = new RawHttp(port);
  try {
    return await http.request(line, headers, body);
  } finally {
    await http.destroy();
  }
}
