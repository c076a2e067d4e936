import { setImmediate } from 'node:timers/promises';
import { transportSuite } from '@ionosphere/testing';
import { cases } from '../suite-cases.fixture';
import { RelayedServer } from './relayed.fixture';

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
