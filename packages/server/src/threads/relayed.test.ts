import { setImmediate } from 'node:timers/promises';
import { transportSuite, type Abilities, type SuiteClient } from '@ionosphere/testing';
import { WebSocketClient, type Address } from '../suite-clients.fixture';
import { JsonpClient, PollingClient, SseClient, StreamingClient } from '../suite-http-clients.fixture';
import { RelayedServer } from './relayed.fixture';

interface Case {
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

const cases: readonly Case[] = [
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

for (const { transport, Client, can } of cases)
  for (const framed of [false, true])
    transportSuite({
      name: `${transport}, ${framed ? 'framed' : 'unframed'}, over a connection that another thread holds`,
      transport,
      can: can(framed),
      start: (options) => RelayedServer.start({ ...options }),
      connect: async (server, { path, protocol }) => {
        const { url, app } = server as unknown as RelayedServer;
        const client = new Client({ url, path, framed, protocol, ca: undefined });
        await client.reconnect();
        // A WebSocket opens before its home has heard of it, and without the protocol nothing else is said.
        while (!protocol && !app.broadcasters.find(path)) await setImmediate();
        return client;
      },
    });
