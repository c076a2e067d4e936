import { connect } from 'node:net';

/** What a server said to a client whose bytes the test writes itself, and how that ended. */
export interface Conversation {
  readonly text: string;
  /** Status codes of the answers, in order. */
  readonly statuses: readonly number[];
  /** Whether the server ended the connection. */
  readonly ended: boolean;
}

/** A request for what is always there: it tells whether the server would have served more. */
export const probe = (close = ''): string => `GET /health HTTP/1.1\r\nHost: x\r\n${close}\r\n`;
export const lastProbe = probe('Connection: close\r\n');

/**
 * Says something in one write and listens until the server ends the connection, or until `enough` says that all has come.
 *
 * @param millis how long to listen at most
 */
export function say(
  port: number,
  bytes: string | Uint8Array,
  enough: (statuses: readonly number[]) => boolean = () => false,
  millis = 12_000,
): Promise<Conversation> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    let ended = true;
    const statuses = (): number[] => Array.from(text.matchAll(/HTTP\/1\.1 (\d{3})/g), ([, code]) => Number(code));
    const giveUp = (): void => {
      ended = false;
      socket.destroy();
    };
    const timer = setTimeout(giveUp, millis);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (enough(statuses())) giveUp();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve({ text, statuses: statuses(), ended });
    });
  });
}
