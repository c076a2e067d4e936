import { once } from 'node:events';
import { ManagedService, Message, silentLogger } from '@ionosphere/core';
import { WebSocket } from 'ws';
import { serve, type Server } from './serve';

let server: Server | undefined;
afterEach(() => server?.stop({ deadlineSeconds: 1 }));

const SMALL = 10_000;
const LARGE = 200_000;

/** A service that says which one it is, and how long the message was. */
function serviceAt(path: string, maxMessageBytes: number): new () => object {
  @ManagedService({ path, limits: { maxMessageBytes } })
  class Measuring {
    @Message()
    onText(text: string): string {
      return `${path} ${text.length}`;
    }
  }
  return Measuring;
}

/** What the service, or the connection, makes of a message. */
async function answer(socket: WebSocket, length: number): Promise<string> {
  const message = once(socket, 'message').then(([data]) => String(data));
  const closed = once(socket, 'close').then(([code]) => `closed with ${String(code)}`);
  socket.send('x'.repeat(length));
  return Promise.race([message, closed]);
}

// The library chooses one of the patterns that fit a path, the text that comes first; the router the template with the most
// text. Whichever is chosen, each service has its own limit.
describe.each<[path: string, chosen: string, other: string]>([
  ['/ab/longer', '/{kind}/longer', '/ab/{name}'],
  ['/ab/longer', '/{kind: [a-z]+}/longer', '/ab/{name}'],
  ['/a/b/longest/name', '/{rest: .+}/longest/name', '/a/b/*'],
  ['/rooms/main', '/rooms/main', '/{kind}/main'],
])('The path %s of the services at %s and %s', (path, first, second) => {
  for (const [limits, templates] of [
    ['the smaller limit first', [first, second]],
    ['the larger limit first', [second, first]],
  ] as const)
    test(`has the limit of the service that it reaches, with ${limits}`, async () => {
      for (const services of [templates, templates.toReversed()]) {
        const limitOf = (template: string): number => (template === templates[0] ? SMALL : LARGE);
        server = await serve({
          port: 0,
          host: '127.0.0.1',
          services: services.map((template) => serviceAt(template, limitOf(template))),
          limits: { maxMessageBytes: SMALL },
          logger: silentLogger,
          signals: [],
        });
        const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`);
        await once(socket, 'open');
        const [reached = ''] = (await answer(socket, 1)).split(/ (?=\d+$)/);
        expect(reached).toBe(first);
        const limit = limitOf(reached);
        expect(await answer(socket, limit)).toBe(`${reached} ${limit}`);
        expect(await answer(socket, limit + 1)).toContain('message-too-large');
        await server.stop({ deadlineSeconds: 1 });
      }
    });
});
