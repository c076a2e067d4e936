import type { OpenLink } from '../link';
import type { ClientTransport } from '../options';
import { openLongPolling } from './long-polling';
import { openSse, openStreaming } from './stream';
import { openWebSocket } from './websocket';

/** How each transport is opened. */
export const openers: Readonly<Record<ClientTransport, OpenLink>> = {
  websocket: openWebSocket,
  sse: openSse,
  streaming: openStreaming,
  'long-polling': openLongPolling,
};
