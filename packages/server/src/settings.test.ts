import { once } from 'node:events';
import 'reflect-metadata';
import { ManagedService, Message, silentLogger } from '@ionosphere/core';
import WebSocket from 'ws';
import { serve, type ServeOptions, type Server } from './serve';

@ManagedService('/room')
class Room {
  @Message() onMessage(text: string): string {
    return text;
  }
}

let server: Server | undefined;

async function start(said: Pick<ServeOptions, 'config' | 'limits'>): Promise<Server> {
  const options = { port: 0, host: '127.0.0.1', logger: silentLogger, signals: [] };
  return (server = await serve({ ...options, services: [Room], ...said }));
}

afterEach(() => server?.stop());

describe('The limits of text and of bytes', () => {
  const limits = { maxMessageBytes: 6, maxTextMessageBytes: 4, maxBinaryMessageBytes: 8 };
  const messages = ['text', 'texts', Buffer.alloc(8), Buffer.alloc(9)];
  const refusals = [undefined, 4, undefined, 8].map((limit) => limit && `The message is larger than ${limit} bytes.`);

  function said(body: string): string | undefined {
    const { error } = JSON.parse(body.startsWith('{') ? body : '{}') as { error?: { message: string } };
    return error?.message;
  }

  it('hold for messages by POST', async () => {
    const { url } = await start({ limits });
    const answers = messages.map(async (body) => {
      const type = typeof body === 'string' ? 'text/plain' : 'application/octet-stream';
      const response = await fetch(`${url}/room`, { method: 'POST', headers: { 'Content-Type': type }, body });
      return said(await response.text());
    });
    expect(await Promise.all(answers)).toEqual(refusals);
  });

  it('hold for messages of a WebSocket', async () => {
    const { port } = await start({ limits });
    // One that is refused ends its connection, so each has its own.
    const answers: (string | undefined)[] = [];
    for (const message of messages) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/room`);
      socket.on('open', () => socket.send(message));
      const [data] = (await once(socket, 'message')) as [Buffer];
      socket.terminate();
      answers.push(said(data.toString()));
    }
    expect(answers).toEqual(refusals);
  });
});

describe('A heartbeat that does not resume', () => {
  it('is written to a poll, which then waits for its message', async () => {
    const { url, app } = await start({ config: { resumeOnHeartbeat: false, heartbeatSeconds: 0.1 } });
    const query = 'X-Atmosphere-Transport=long-polling&X-Atmosphere-Framework=5.0.7&X-Atmosphere-TrackMessageSize=true';
    const poll = (id: string): Promise<Response> =>
      fetch(`${url}/room?${query}&X-atmo-protocol=true&X-Atmosphere-tracking-id=${id}`);
    const first = await poll('0');
    await first.text();
    const held = await poll(first.headers.get('X-Atmosphere-tracking-id') ?? '');
    const { body } = held;
    if (!body) throw new Error('a poll has a body');
    let text = '';
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      if (text === '' && chunk.includes('1|X')) app.broadcasters.lookup('/room').broadcast('hi');
      text += chunk.replace('\uFEFF', '');
    }
    expect(text).toMatch(/^(?:1\|X)+2\|hi$/);
  });
});
