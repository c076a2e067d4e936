import type { Payload } from '@ionosphere/protocol';
import { ManagedService } from '../declaration/decorators';
import type { Interceptor } from '../interceptors/interceptor';
import { FakeConnection, Scene } from '../port.fixture';

@ManagedService('/room')
class Room {}

const styles = ['socket', 'stream', 'poll'] as const;
const numbered = { tracking: true, query: 'X-Ionosphere-Position=' };

function withClients(interceptors: readonly Interceptor[] = []) {
  const scene = new Scene([Room], { interceptors });
  const connect = (query = ''): FakeConnection[] =>
    styles.map((style) => scene.connect(style, { protocol: false, tracking: true, query }));
  const room = scene.app.broadcasters.lookup('/room');
  /** What each has got since it was asked last; those that poll ask again. */
  const got = (connections: FakeConnection[]): string[] => {
    scene.clock.turn();
    return connections.map((connection, index) => {
      const written = connection.writes.splice(0).flat().map(String).join('');
      if (!connection.transport.oneShot || written === '') return written;
      const next = new FakeConnection(scene.poll, connection.request, connection.resource);
      connections[index] = next;
      next.resource.attach(next);
      return written;
    });
  };
  const causes = (): unknown[] => scene.logger.lines.map(({ fields }) => (fields?.['cause'] as Error).message);
  return { scene, connect, room, got, causes };
}

describe('A broadcast whose encode returns neither text nor bytes', () => {
  it('throws, whoever gets it, and is in no log', () => {
    const { room, connect, got, scene } = withClients();
    const clients = connect();
    const [first] = clients.map(({ resource }) => resource);
    const options = { encode: () => 42 as unknown as Payload };
    const error = 'Broadcaster "/room": encode returned a number; it must return text or bytes';
    expect(() => room.broadcast('a', options)).toThrow(error);
    expect(() => room.broadcast('a', { ...options, to: [first!] })).toThrow(error);
    expect(() => room.broadcast('a', { ...options, to: () => true })).toThrow(error);
    expect(() => room.broadcastOnResume('a', options.encode)).toThrow(error);
    expect(() => first?.send('a', options.encode)).toThrow('Resource.send: encode returned a number');
    expect(room.log.end).toBe(0);
    room.broadcast('good');
    expect(got(clients)).toEqual(['4|good', '<4|good>', '4|good']);
    expect(scene.logger.lines).toEqual([]);
  });

  it('leaves out those for whom it does so, where a filter makes another message for each', () => {
    const { room, connect, got, causes } = withClients();
    const clients = connect();
    room.filters.push({
      filter: (message) => ({ action: 'CONTINUE', message }),
      filterFor: (message, { resource }) => ({
        action: 'CONTINUE',
        message: resource === clients[1]?.resource ? 'odd' : message,
      }),
    });
    room.broadcast('good', { encode: (value) => (value === 'odd' ? (42 as unknown as Payload) : String(value)) });
    expect(got(clients)).toEqual(['4|good', '', '4|good']);
    expect(causes()).toEqual(['Broadcaster "/room": encode returned a number; it must return text or bytes']);
    room.broadcast('again', { encode: () => 'next' });
    expect(got(clients)[0]).toBe('4|next');
  });
});

describe('A message that can not be framed', () => {
  const brittle = (broken: (text: string) => string): Interceptor => ({
    framing: () => ({
      id: 'brittle',
      delimits: true,
      frame: (text) => (text.endsWith('bad') ? broken(text) : `${text}.`),
    }),
  });
  const fail = (): never => {
    throw new Error('too brittle');
  };

  it('is left out, and all else arrives', () => {
    const { room, connect, got, causes } = withClients([brittle(fail)]);
    const clients = connect();
    for (const text of ['one', 'bad', 'two']) room.broadcast(text);
    expect(got(clients)).toEqual(['3|one.3|two.', '<3|one.><3|two.>', '3|one.3|two.']);
    room.broadcast('bad');
    room.broadcast('three');
    for (const { resource } of clients) {
      resource.send('bad');
      resource.send('own');
    }
    expect(got(clients)).toEqual(['5|three.3|own.', '<5|three.><3|own.>', '5|three.3|own.']);
    expect(new Set(causes())).toEqual(new Set(['too brittle']));
  });

  it('is a gap to clients that ask for positions', () => {
    const { room, got, scene } = withClients([brittle(fail)]);
    const clients = styles.map((style) => scene.connect(style, numbered));
    const [, , handshake = ''] = clients.map(({ texts }) => texts.join(''));
    const position = handshake.split('|')[4] ?? '';
    clients[2] = scene.again(clients[2]!, { ...numbered, query: `X-Ionosphere-Position=${position}` });
    got(clients);
    for (const text of ['one', 'bad', 'two']) room.broadcast(text);
    const [socket, stream, poll] = got(clients);
    const frames = ['0:one', '1!gap', '2:two'].map((text) => `${text}.`);
    expect(socket).toBe(frames.map((text) => `${text.length - 1}|${text}`).join(''));
    expect(stream).toBe(frames.map((text) => `<${text.length - 1}|${text}>`).join(''));
    expect(poll).toBe(socket);
  });
});
