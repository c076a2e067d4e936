import { Disconnect, ManagedService, Message, Ready, ResourceEvent, silentLogger } from '@ionosphere/core';
import { serve, type Server } from '../serve';

const events: string[] = [];

@ManagedService('/room')
class Room {
  @Ready()
  onReady({ resource }: ResourceEvent): string {
    events.push(`ready over ${resource.transport}`);
    return 'welcome';
  }
  @Message()
  onMessage(text: string): string {
    return text;
  }
  @Disconnect()
  onDisconnect(event: ResourceEvent): void {
    events.push(event.isClosedByClient ? 'closed by client' : 'cancelled');
  }
}

let server: Server;

beforeAll(async () => {
  server = await serve({
    port: 0,
    host: '127.0.0.1',
    services: [Room],
    signals: [],
    logger: silentLogger,
    config: { pollGraceSeconds: 0.7 },
  });
});

beforeEach(() => {
  events.length = 0;
});

afterAll(() => server.stop());

async function poll(id = '0', transport = 'polling'): Promise<{ id: string; body: string; first: boolean }> {
  const query = `X-Atmosphere-tracking-id=${id}&X-Atmosphere-Transport=${transport}&X-atmo-protocol=true`;
  const { headers, ...answer } = await fetch(`${server.url}/room?${query}&X-Atmosphere-TrackMessageSize=true`).then(
    async (response) => ({ headers: response.headers, status: response.status, body: await response.text() }),
  );
  expect(answer.status).toBe(200);
  return {
    id: headers.get('X-Atmosphere-tracking-id') ?? '',
    body: answer.body,
    first: headers.get('X-Atmosphere-first-request') === 'true',
  };
}

describe('A client that polls and is never held', () => {
  it('gets what @Ready sends and no handshake, then nothing, then all that there is', async () => {
    const { id, ...first } = await poll();
    expect(first).toEqual({ body: '7|welcome', first: true });
    expect(await poll(id)).toEqual({ id, body: '', first: false });
    const broadcaster = server.app.broadcasters.lookup('/room');
    broadcaster.broadcast('one');
    broadcaster.broadcast('two|');
    expect(await poll(id)).toEqual({ id, body: '3|one4|two|', first: false });
    expect(events).toEqual(['ready over polling']);
    server.app.resources.find(id)?.goodbye();
  });

  it('is gone when it does not poll again in time', async () => {
    await poll();
    while (!events.includes('cancelled')) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(events).toEqual(['ready over polling', 'cancelled']);
  });

  it('speaks by POST, and says goodbye', async () => {
    const { id } = await poll();
    const url = `${server.url}/room?X-Atmosphere-tracking-id=${id}&X-Atmosphere-Transport=`;
    expect((await fetch(`${url}polling`, { method: 'POST', body: 'hello' })).status).toBe(200);
    expect((await poll(id)).body).toBe('5|hello');
    expect((await fetch(`${url}close`)).status).toBe(200);
    expect(events).toEqual(['ready over polling', 'closed by client']);
  });
});
