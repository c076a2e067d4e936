import { once } from 'node:events';
import { ManagedService, Ready, Resource, silentLogger, type ResourceListener } from '@ionosphere/core';
import { WebSocket } from 'ws';
import { serve, type Server } from './serve';

const told: string[] = [];
const listener: ResourceListener = {
  onResume: ({ resource, isResumedOnTimeout }) =>
    void told.push(`${resource.transport} ${isResumedOnTimeout ? 'timeout' : 'called'}`),
};

@ManagedService({ path: '/nap', listeners: [listener] })
class Nap {
  @Ready() onReady(resource: Resource): void {
    const { request } = resource;
    resource.send(`${request.path} ${request.query.get('a')} ${request.header('X-Who')} ${request.remoteAddress}`);
    if (request.query.has('seconds')) resource.suspend(Number(request.query.get('seconds')));
    else resource.resume();
  }
}

describe('A resource that is resumed', () => {
  let server: Server;
  beforeAll(async () => {
    server = await serve({ port: 0, host: '127.0.0.1', services: [Nap], logger: silentLogger, signals: [] });
  });
  beforeEach(() => told.splice(0));
  afterAll(() => server.stop());

  it.each([
    ['sse', 'called', ''],
    ['streaming', 'called', ''],
    ['long-polling', 'called', ''],
    ['sse', 'timeout', '&seconds=0.05'],
  ])('over %s gets what was sent, and its response ends (%s)', async (transport, how, more) => {
    const url = `http://127.0.0.1:${server.port}/nap?a=%C3%A9${more}&X-Atmosphere-Transport=${transport}`;
    const response = await fetch(url, { headers: { 'X-Who': 'ada' } });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('/nap é ada 127.0.0.1')]);
    expect(told).toEqual([`${transport} ${how}`]);
  });

  it('over WebSocket stays connected, and is subscribed to nothing', async () => {
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/nap?a=1`, { headers: { 'X-Who': 'ada' } });
    const [first] = (await once(client, 'message')) as [Buffer];
    expect(first.toString()).toBe('/nap 1 ada 127.0.0.1');
    const [resource] = [...server.app.resources.all()].filter(({ transport }) => transport === 'websocket');
    resource?.broadcaster.broadcast('for nobody');
    resource?.send('for it');
    const [second] = (await once(client, 'message')) as [Buffer];
    expect([second.toString(), resource?.broadcasters, client.readyState]).toEqual(['for it', [], WebSocket.OPEN]);
    client.terminate();
  });
});
