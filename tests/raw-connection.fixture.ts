import { connect, type Socket } from 'node:net';

/** A connection that is written byte by byte, and what came back over it. */
export class RawConnection {
  text = '';
  readonly #socket: Socket;
  #check: () => void = () => undefined;
  #ended = false;

  constructor(private readonly port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1');
      this.#check();
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#ended = true;
      this.#check();
    });
  }

  /** Sends a request. Headers are whole lines. */
  request(method: string, target: string, headers: readonly string[] = [], body = ''): this {
    const head = [`${method} ${target} HTTP/1.1`, `Host: 127.0.0.1:${this.port}`, ...headers];
    const length = method === 'POST' ? [`Content-Length: ${Buffer.byteLength(body)}`] : [];
    this.#socket.write([...head, ...length, '', body].join('\r\n'));
    return this;
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Waits until something has come; what came up to then is forgotten. */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const what = (): string => `${pattern} in ${JSON.stringify(this.text.slice(-500))}`;
      const timer = setTimeout(() => reject(new Error(`not after 15 s: ${what()}`)), 15_000);
      this.#check = () => {
        const found = pattern.exec(this.text);
        if (!found && !this.#ended) return;
        clearTimeout(timer);
        this.#check = () => undefined;
        if (!found) return reject(new Error(`the connection ended before ${what()}`));
        this.text = this.text.slice(found.index + found[0].length);
        resolve(found);
      };
      this.#check();
    });
  }

  /** Waits for an answer, whole, and gives it with its head. */
  async answer(): Promise<string> {
    const [head] = await this.until(/^HTTP\/1\.1 [^]*?\r\n\r\n/);
    const [, length] = /Content-Length: (\d+)/i.exec(head) ?? [];
    const body = length === undefined ? /^[^]*?(?:^|\r\n)0\r\n\r\n/ : new RegExp(`^[^]{${length}}`);
    return head + (await this.until(body))[0];
  }

  /** Waits until the server has ended the connection. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (this.#ended) resolve();
      };
      this.#check();
    });
  }

  /** Reads nothing any more: what comes fills the memory of this machine, and then that of the server. */
  pause(): void {
    this.#socket.pause();
  }

  /** Breaks it, without a word. */
  cut(): void {
    this.#socket.resetAndDestroy();
  }

  end(): void {
    this.#socket.end();
  }
}
