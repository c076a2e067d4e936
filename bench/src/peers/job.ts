export interface ChatMessage {
  time?: number;
}

/** What every peer does with a message by hand: read it, put the time on it, write it. The framework also validates it. */
export function stamped(data: ArrayBuffer): string {
  return written(read(data));
}

export function read(data: ArrayBuffer): ChatMessage {
  return JSON.parse(Buffer.from(data).toString()) as ChatMessage;
}

export function written(message: ChatMessage): string {
  message.time = Date.now();
  return JSON.stringify(message);
}

/** A text with its length in front, as clients of the framework may ask for. */
export function lengthPrefixed(text: string): string {
  return `${text.length}|${text}`;
}

/** How WebSockets are served by every peer: what the framework has for defaults. */
export const webSocketLimits = {
  maxPayloadLength: 2 * 1024 * 1024,
  maxBackpressure: 1024 * 1024,
  idleTimeout: 120,
  sendPingsAutomatically: true,
};

/** How often clients that only listen get a heartbeat. */
export const HEARTBEAT_SECONDS = 10;

/** A number that the bench gave to a peer when it started it. */
export function argument(index: number): number {
  return Number(process.argv[2 + index]);
}
