import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { ManagedService, silentLogger, type Request } from '@ionosphere/core';
import { serve, type Server } from './serve';

@ManagedService({ path: '/room' })
class Room {}

const protocol = 'X-Atmosphere-Framework=5.0.7&X-Atmosphere-Transport=long-polling&X-atmo-protocol=true';

/** A poll that the server holds. */
interface HeldPoll {
  readonly answer: Promise<IncomingMessage>;
  /** As the server sees it. */
  readonly request: Request;
}

describe('A poll', () => {
  let server: Server;
  let id = '';
  beforeAll(async () => {
    server = await serve({ port: 0, host: '127.0.0.1', services: [Room], logger: silentLogger, signals: [] });
  });
  beforeEach(async () => {
    const greeted = await fetch(`http://127.0.0.1:${server.port}/room?${protocol}`);
    await greeted.text();
    id = greeted.headers.get('x-atmosphere-tracking-id') ?? '';
  });
  afterAll(() => server.stop({ deadlineSeconds: 1 }));

  async function hold(headers: Record<string, string> = {}, more = ''): Promise<HeldPoll> {
    const path = `/room?${protocol}&X-Atmosphere-tracking-id=${id}${more}`;
    const sent = httpRequest({ host: '127.0.0.1', port: server.port, path, headers }).end();
    const answer = once(sent, 'response').then(([response]) => response as IncomingMessage);
    const resource = server.app.resources.find(id);
    while (resource?.state !== 'ready') await new Promise((resolve) => setImmediate(resolve));
    return { answer, request: resource.request };
  }

  async function answered({ answer }: HeldPoll): Promise<string> {
    server.app.broadcasters.lookup('/room').broadcast('hello');
    return bodyOf(await answer);
  }

  async function bodyOf(answer: IncomingMessage): Promise<string> {
    let body = '';
    for await (const chunk of answer) body += String(chunk);
    return body;
  }

  it('that is answered at once has a length, and no mark in front', async () => {
    const held = await hold();
    expect(await answered(held)).toBe('hello');
    expect((await held.answer).headers).toMatchObject({ 'content-length': '5', 'x-atmosphere-tracking-id': id });
  });

  it('that is held begins its answer before there is anything to say', async () => {
    const held = await hold();
    const { headers } = await held.answer;
    expect(headers['content-length']).toBeUndefined();
    expect(headers).toMatchObject({ 'cache-control': 'no-store, no-cache, must-revalidate', expires: '-1' });
    expect(await answered(held)).toBe('\uFEFFhello');
  });

  it('that says all that the one before said needs no request of its own; another header or query makes one', async () => {
    const first = await hold({ 'X-Token': 'a' });
    await answered(first);
    const second = await hold({ 'X-Token': 'a' });
    await answered(second);
    expect(second.request).toBe(first.request);
    const third = await hold({ 'X-Token': 'b' });
    await answered(third);
    expect([third.request.header('x-token'), first.request.header('x-token')]).toEqual(['b', 'a']);
    const fourth = await hold({ 'X-Token': 'b' }, '&more=1');
    await answered(fourth);
    expect([fourth.request.query.get('more'), third.request.query.get('more')]).toEqual(['1', undefined]);
  });

  it('that repeats the one before is asked where it is once a second', async () => {
    const first = await hold();
    await answered(first);
    Object.assign(first.request, { remoteAddress: 'elsewhere' });
    first.request.locatedAt = 0;
    const second = await hold();
    await answered(second);
    expect(second.request.remoteAddress).toBe('127.0.0.1');
  });
});
