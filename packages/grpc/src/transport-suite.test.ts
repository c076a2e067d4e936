import { App } from '@ionosphere/core';
import { transportSuite } from '@ionosphere/testing';
import { GrpcServer } from './index';
import { GrpcSuiteClient } from './suite-client.fixture';

transportSuite({
  name: 'grpc',
  transport: 'grpc',
  can: {
    binary: true,
    carriageReturn: true,
    apart: true,
    answersFailures: false,
    announcesReturn: true,
    endsWhenTooLarge: false,
  },
  start: async (options) => {
    const app = new App(options);
    const server = await GrpcServer.start(app, { port: 0, host: '127.0.0.1' });
    const stop = async (): Promise<void> => {
      server.drain();
      await app.stop();
      await server.close();
    };
    return { app, stop, port: server.port };
  },
  connect: async (server, { path, protocol }) => {
    const { port } = server as unknown as { port: number };
    const client = new GrpcSuiteClient({ address: `127.0.0.1:${port}`, path, protocol });
    await client.reconnect();
    return client;
  },
});
