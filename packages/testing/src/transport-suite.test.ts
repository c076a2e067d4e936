import { App, Failure } from '@ionosphere/core';
import { type MemoryClient, connect, Refusal, type SuiteClient, transportSuite } from './index';

/** The client in memory, as the suite wants one. */
function suiteClient(client: MemoryClient, polling: boolean): SuiteClient {
  return {
    get uuid() {
      return client.uuid;
    },
    get heartbeatMillis() {
      return client.heartbeatMillis;
    },
    get messages() {
      return client.messages;
    },
    get heartbeats() {
      return client.heartbeats;
    },
    get closed() {
      return client.closed;
    },
    receive: () => client.receive(),
    send: async (payload) => {
      const failure = await client.send(payload);
      return polling ? failure?.toJSON() : undefined;
    },
    heartbeat: () => client.heartbeat(),
    vanish: () => client.vanish(),
    reconnect: () => client.reconnect(),
    close: () => client.close(),
  };
}

for (const framed of [false, true]) {
  for (const polling of [false, true]) {
    transportSuite({
      name: `${polling ? 'memory polling' : 'memory'}, ${framed ? 'framed' : 'unframed'}`,
      transport: 'memory',
      can: {
        binary: !polling,
        carriageReturn: true,
        apart: true,
        answersFailures: polling,
        announcesReturn: !polling,
        endsWhenTooLarge: false,
      },
      start: async (options) => {
        const app = new App(options);
        return { app, stop: () => app.stop() };
      },
      connect: async (server, { path, protocol }) => {
        try {
          return suiteClient(await connect(server, path, { framed, polling, protocol }), polling);
        } catch (error) {
          throw error instanceof Failure ? new Refusal(error.row.status) : error;
        }
      },
    });
  }
}
