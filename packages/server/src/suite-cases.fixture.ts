import type { Abilities, SuiteClient } from '@ionosphere/testing';
import { WebSocketClient, type Address } from './suite-clients.fixture';
import { JsonpClient, PollingClient, SseClient, StreamingClient } from './suite-http-clients.fixture';

/** A transport in the suite: its client, and what that can do. */
export interface Case {
  readonly transport: 'websocket' | 'sse' | 'streaming' | 'long-polling' | 'jsonp';
  readonly Client: new (address: Address) => SuiteClient & { reconnect(): Promise<void> };
  readonly can: (framed: boolean) => Abilities;
}

const byPost = {
  binary: false,
  carriageReturn: true,
  apart: true,
  answersFailures: true,
  announcesReturn: true,
  endsWhenTooLarge: false,
};

/** All transports of this package. */
export const cases: readonly Case[] = [
  {
    transport: 'websocket',
    Client: WebSocketClient,
    can: () => ({ ...byPost, binary: true, answersFailures: false, endsWhenTooLarge: true }),
  },
  { transport: 'sse', Client: SseClient, can: () => ({ ...byPost, carriageReturn: false }) },
  { transport: 'streaming', Client: StreamingClient, can: (framed) => ({ ...byPost, apart: framed }) },
  { transport: 'long-polling', Client: PollingClient, can: () => ({ ...byPost, announcesReturn: false }) },
  { transport: 'jsonp', Client: JsonpClient, can: () => ({ ...byPost, announcesReturn: false }) },
];
