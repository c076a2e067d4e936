import { once } from 'node:events';
import http from 'node:http';
import { ManagedService, Message } from '@ionosphere/core';
import { transportSuite, type SuiteClient } from '@ionosphere/testing';
import { serve, type Server } from './serve';
import { cases } from './suite-cases.fixture';
import { makeCertificate, type Certificate } from './tls.fixture';

let certificate: Certificate;

beforeAll(async () => {
  certificate = await makeCertificate();
});

afterAll(() => certificate.remove());

for (const secure of [false, true]) {
  for (const { transport, Client, can } of cases) {
    // A poll like any other, but for its wrapping.
    if (secure && transport === 'jsonp') continue;
    for (const framed of [false, true]) {
      transportSuite({
        name: `${transport}, ${framed ? 'framed' : 'unframed'}, ${secure ? 'over TLS' : 'in the clear'}`,
        transport,
        can: can(framed),
        start: (options) =>
          serve({ ...options, port: 0, host: '127.0.0.1', signals: [], ...(secure && { tls: certificate.tls }) }),
        connect: async (server, { path, protocol }) => {
          const ca = secure ? certificate.ca : undefined;
          const client = new Client({ url: (server as Server).url, path, framed, protocol, ca });
          await client.reconnect();
          return client;
        },
      });
    }
  }
}

@ManagedService('/room')
class Room {
  @Message()
  onMessage(text: string): string {
    return text;
  }
}

describe('All transports together', () => {
  let server: Server;

  beforeAll(async () => {
    server = await serve({ services: [Room], port: 0, host: '127.0.0.1', signals: [] });
  });

  afterAll(() => server.stop());

  it('are one conversation: whoever speaks, all hear the same text', async () => {
    const { url } = server;
    const clients: SuiteClient[] = [];
    for (const { Client } of cases) {
      const client = new Client({ url, path: '/room', framed: true, protocol: true, ca: undefined });
      await client.reconnect();
      clients.push(client);
    }
    const texts = ['one | 😀', 'two\nlines', ' three', 'four', 'five'];
    for (const [index, speaker] of clients.entries()) {
      await speaker.send(texts[index] ?? '');
      for (const client of clients) expect(await client.receive()).toBe(texts[index]);
    }
    await Promise.all(clients.map((client) => client.close()));
  });

  it('let a reader of a plain stream pause, and add nothing to the text', async () => {
    const request = http.get(`${server.url}/room?X-Atmosphere-Transport=streaming`);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    // More than the system keeps for a reader that does not read. When it reads again nothing new is there to be written,
    // and what waits in the memory of the library must get out all the same.
    const text = 'y'.repeat(16 * 1024 * 1024);
    server.app.broadcasters.lookup('/room').broadcast(text);
    let arrived = '';
    for await (const chunk of response.setEncoding('utf8')) {
      arrived += chunk;
      if (arrived.length > text.length) break;
    }
    expect(arrived.replace('\uFEFF', '') === text).toBe(true);
  });
});
