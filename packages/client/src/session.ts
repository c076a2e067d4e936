import { formatPosition, Parameter } from '@ionosphere/protocol';
import type { LinkName, Settings } from './options';

/** Who the client is for the server, and what it has got: enough to go on with another connection, from another tab even. */
export interface Session {
  /** Tracking id; `0` while there is none. */
  readonly id: string;
  /** Epoch of the positions; empty while there is none, or when the server has no positions. */
  readonly epoch: string;
  /** Number of the last message. */
  readonly sequence: number;
  /** Name of the server's memory of keys; empty when it takes no envelopes. */
  readonly memory: string;
}

export const NEW_SESSION: Session = { id: '0', epoch: '', sequence: -1, memory: '' };

/** Which of the wire's transports tell where a message ends only by its length. */
const lengths = new Set<string>(['streaming', 'long-polling', 'polling']);

/** The URL of a connect or a POST (PROTOCOL.md, "Connect"). */
export function wireUrl(settings: Settings, transport: LinkName | 'polling' | 'close', session: Session): string {
  const url = new URL(settings.url);
  if (transport === 'websocket') url.protocol = url.protocol.replace(/^http/, 'ws');
  const set = (name: string, value: string): void => url.searchParams.set(name, value);
  for (const [name, value] of Object.entries(settings.parameters())) set(name, value);
  set(Parameter.trackingId, session.id);
  set(Parameter.transport, transport);
  if (transport === 'close') return url.href;
  set(Parameter.framework, '5');
  set(Parameter.protocol, 'true');
  set(Parameter.position, session.epoch && formatPosition(session));
  set(Parameter.envelope, '1');
  if (lengths.has(transport)) set(Parameter.trackMessageSize, 'true');
  // "+" stays "+" on this wire.
  url.search = url.search.replaceAll('+', '%20');
  return url.href;
}
