/** What every peer does with a message by hand: read it, put the time on it, write it. The framework also validates it. */
export function stamped(data: ArrayBuffer): string {
  const message = JSON.parse(Buffer.from(data).toString()) as { time?: number };
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
export const HEARTBEAT_SECONDS = 20;
