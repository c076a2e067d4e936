import { ManagedService, Message, serve, type Encoder, type Payload, type Server } from '@ionosphere/server';
import { RecordingLogger } from '@ionosphere/testing';
import { Client, transports } from './client.fixture';

/** What JavaScript lets an encoder return, whatever its type says. */
const wrong: Readonly<Record<string, unknown>> = {
  number: 42,
  promise: Promise.resolve('late'),
  object: {},
  boolean: true,
  undefined,
  null: null,
};

class Odd implements Encoder<string> {
  encode(text: string): Payload {
    return (text in wrong ? wrong[text] : text) as Payload;
  }
}

@ManagedService('/odd')
class Room {
  @Message({ encoders: [Odd] }) on(text: string): string {
    return text;
  }
}

const logger = new RecordingLogger();
let server: Server;

beforeAll(async () => {
  server = await serve({ services: [Room], port: 0, host: '127.0.0.1', signals: [], logger });
});
afterEach(() => Client.closeAll());
afterAll(() => server.stop());

describe('An encoder that returns neither text nor bytes', () => {
  it('fails its message, and keeps no reader from those that come after', async () => {
    const clients = await Promise.all(
      transports.map((transport) => Client.open(`${server.url}/odd`, { transport, track: true })),
    );
    const post = async (body: string): Promise<number> =>
      (await fetch(`${server.url}/odd`, { method: 'POST', body })).status;
    expect(await post('before')).toBe(200);
    for (const client of clients) expect(await client.received(1)).toEqual(['before']);
    for (const text of Object.keys(wrong)) expect(await post(text)).toBe(500);
    for (const text of ['one', 'two']) expect(await post(text)).toBe(200);
    for (const client of clients) expect(await client.received(3)).toEqual(['before', 'one', 'two']);
    const causes = logger.lines
      .filter(({ level }) => level === 'error')
      .map(({ fields }) => (fields['cause'] as Error).message);
    expect(causes).toEqual(
      ['a number', 'a promise', 'an object', 'a boolean', 'undefined', 'null'].map(
        (kind) => `Room.on: encoders[0] (Odd) returned ${kind}; it must return text or bytes`,
      ),
    );
  });
});
