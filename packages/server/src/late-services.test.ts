import { once } from 'node:events';
import { AtmosphereClient, ManagedService, Message, type ClientMessage } from '@ionosphere/core';
import { WebSocket } from 'ws';
import { serve, type Server } from './serve';

class Echo extends AtmosphereClient {
  receive(message: ClientMessage): void {
    if (message.type === 'TextMessage') this.send(message.text);
  }
}

@ManagedService({ path: '/early/{room}', limits: { maxMessageBytes: 1000 } })
class Early {
  @Message()
  onText(text: string): string {
    return text;
  }
}

describe('A service that is added to a running server', () => {
  let server: Server;
  beforeAll(async () => (server = await serve({ port: 0, services: [Early], limits: { maxMessageBytes: 1000 } })));
  afterAll(() => server.stop());

  async function opened(path: string): Promise<WebSocket> {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`);
    await once(socket, 'open');
    return socket;
  }

  async function echoed(socket: WebSocket, text: string): Promise<string> {
    const answer = once(socket, 'message');
    socket.send(text);
    return String((await answer)[0]);
  }

  test('is reached by WebSocket with its own limit, and over HTTP; those that are connected go on', async () => {
    const early = await opened('/early/one');
    const refused = new WebSocket(`${server.url.replace('http', 'ws')}/late/one`);
    const [error] = (await once(refused, 'error')) as [Error];
    expect(error.message).toContain('404');

    server.atmosphere('/late/{room}', () => new Echo(), { limits: { maxMessageBytes: 100_000 } });
    // Its pattern fits the same paths as the one before.
    server.atmosphere('/{any}/large', () => new Echo(), { limits: { maxMessageBytes: 200_000 } });

    const late = await opened('/late/one');
    const large = await opened('/late/large');
    expect(await echoed(late, 'x'.repeat(50_000))).toHaveLength(50_000);
    expect(await echoed(large, 'x'.repeat(150_000))).toHaveLength(150_000);
    expect(await echoed(early, 'still here')).toBe('still here');
    const polled = await fetch(`${server.url}/late/one?X-Atmosphere-Transport=polling&X-Atmosphere-tracking-id=0`);
    expect([polled.status, await polled.text()]).toEqual([200, '']);
    for (const socket of [early, late, large]) socket.close();
  });
});
