import { defaultConfig, Failure, type FailureMessage, ManagedService, silentLogger } from '@ionosphere/core';
import { type RouteHandler, type RouteRequest, type Routes } from './http-routes';
import { serve, type Server } from '../serve';

@ManagedService({ path: '/{name}' })
class Everywhere {}

let server: Server | undefined;

async function start(routes: Routes, maxMessageBytes = defaultConfig.maxMessageBytes): Promise<string> {
  server = await serve({
    port: 0,
    host: '127.0.0.1',
    services: [Everywhere],
    signals: [],
    logger: silentLogger,
    limits: { maxMessageBytes },
    routes,
  });
  return server.url;
}

afterEach(async () => {
  await server?.stop({ deadlineSeconds: 1 });
  server = undefined;
});

const post = (url: string, body: string): Promise<Response> => fetch(url, { method: 'POST', body });

const codeOf = async (response: Response): Promise<string> => ((await response.json()) as FailureMessage).error.code;

describe('a route', () => {
  test.each<[string, RouteHandler, number, string | null, string]>([
    ['an object as JSON', () => ({ ok: true }), 200, 'application/json; charset=utf-8', '{"ok":true}'],
    ['null as JSON', () => null, 200, 'application/json; charset=utf-8', 'null'],
    ['text as text', () => 'grüß dich', 200, 'text/plain; charset=utf-8', 'grüß dich'],
    ['bytes as they are', () => Buffer.from('abc'), 200, 'application/octet-stream', 'abc'],
    ['nothing with 204', () => undefined, 204, null, ''],
    ['what comes later', () => Promise.resolve([1]), 200, 'application/json; charset=utf-8', '[1]'],
    [
      'a status with a JSON body',
      () => ({ status: 201, body: { id: 7 } }),
      201,
      'application/json; charset=utf-8',
      '{"id":7}',
    ],
    ['a status alone', () => ({ status: 404 }), 404, null, ''],
    [
      'a type of its own',
      () => ({ status: 200, headers: { 'content-type': 'text/csv' }, body: 'a,b' }),
      200,
      'text/csv',
      'a,b',
    ],
    [
      'an object that only has a status too',
      () => ({ status: 200, name: 'x' }),
      200,
      'application/json; charset=utf-8',
      '{"status":200,"name":"x"}',
    ],
  ])('answers %s', async (_what, handler, status, type, body) => {
    const response = await fetch(`${await start({ 'GET /it': handler })}/it`);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      status,
      type,
      body,
    ]);
  });

  test("replaces a header of the server's own, whatever the case of its name, and leaves the rest", async () => {
    const url = await start({ 'GET /it': () => ({ status: 200, headers: { 'cache-control': 'max-age=60' } }) });
    const { headers } = await fetch(`${url}/it`);
    expect(headers.get('cache-control')).toBe('max-age=60');
  });

  test('is given path, query, headers and body of the request', async () => {
    let seen: RouteRequest | undefined;
    const url = await start({ 'POST /a b': (given) => void (seen = given) });
    await fetch(`${url}/a%20b?x=1%262&y`, { method: 'POST', body: '{"n":[1]}', headers: { 'X-Mine': 'yes' } });
    expect(seen).toMatchObject({ method: 'POST', path: '/a b' });
    expect(Object.fromEntries(seen?.query ?? [])).toEqual({ x: '1&2', y: '' });
    expect([seen?.headers.get('x-mine'), seen?.text(), seen?.json()]).toEqual(['yes', '{"n":[1]}', { n: [1] }]);
  });

  test('goes before a service whose path fits as well, and leaves it the other paths', async () => {
    const url = await start({ 'GET /it': () => 'route' });
    expect(await (await fetch(`${url}/it`)).text()).toBe('route');
    expect((await fetch(`${url}/other`)).headers.get('content-length')).toBe('0');
  });

  test('that throws is answered in the form of all failures, and its cause stays inside', async () => {
    const url = await start({
      'GET /failure': () => {
        throw new Failure('not-found', 'There is no such person.');
      },
      'GET /error': () => Promise.reject(new Error('secret')),
      'GET /unprintable': () => ({ n: 1n }),
    });
    const missing = await fetch(`${url}/failure`);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({
      error: { code: 'not-found', message: 'There is no such person.', retry: false },
    });
    for (const path of ['/error', '/unprintable']) {
      const failed = await fetch(url + path);
      expect([failed.status, (await failed.text()).includes('secret')]).toEqual([500, false]);
    }
  });

  test('refuses a body that is no JSON, and one over the limit', async () => {
    const url = await start({ 'POST /it': (given) => given.json() }, 20);
    const malformed = await post(`${url}/it`, '{"a":');
    expect([malformed.status, await codeOf(malformed)]).toEqual([400, 'malformed-message']);
    const large = await post(`${url}/it`, JSON.stringify('x'.repeat(20)));
    expect([large.status, await codeOf(large)]).toEqual([413, 'message-too-large']);
    expect(await (await post(`${url}/it`, '["fits"]')).json()).toEqual(['fits']);
  });

  test('refuses other methods and names those that it has', async () => {
    const url = await start({ 'GET /it': () => 1, 'PUT /it': () => 2 });
    const refused = await post(`${url}/it`, '');
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'OPTIONS, HEAD, GET, PUT']);
    expect(await codeOf(refused)).toBe('method-not-allowed');
    const preflight = await fetch(`${url}/it`, { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([
      200,
      'OPTIONS, HEAD, GET, PUT',
    ]);
  });

  test('for GET answers HEAD without the body', async () => {
    const response = await fetch(`${await start({ 'GET /it': () => ({ ok: true }) })}/it`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'application/json; charset=utf-8',
      '',
    ]);
  });

  test('is closed to pages from elsewhere', async () => {
    let called = 0;
    const url = await start({ 'POST /it': () => ++called });
    const foreign = await fetch(`${url}/it`, { method: 'POST', headers: { Origin: 'https://evil.example' } });
    expect([foreign.status, called]).toEqual([403, 0]);
    const own = await fetch(`${url}/it`, { method: 'POST', headers: { Origin: url } });
    expect([own.status, called]).toEqual([200, 1]);
  });

  test('that still runs when the server stops may finish', async () => {
    let finish: (answer: string) => void = () => undefined;
    let begun: () => void = () => undefined;
    const running = new Promise<void>((resolve) => (begun = resolve));
    const url = await start({ 'GET /slow': () => (begun(), new Promise<string>((resolve) => (finish = resolve))) });
    const answer = fetch(`${url}/slow`);
    await running;
    const stopped = server?.stop({ deadlineSeconds: 5 });
    await new Promise((resolve) => setTimeout(resolve, 50)); // in which it must not be cut off
    finish('done');
    expect(await (await answer).text()).toBe('done');
    await stopped;
  });

  test.each([
    ['GET', 'is no route; write a method and a path, such as "GET /status"'],
    ['get /x', 'is no route'],
    ['FETCH /x', 'is no route'],
    ['GET x', 'is no route'],
    [
      'GET /user/{id}',
      "would be reached at just that path: paths of routes are exact. Variables are for services: @ManagedService('/user/{id}'), whose methods with @Get, @Post, @Put and @Delete answer, and get them with @PathParam",
    ],
    ['GET /user/:id/file', "paths of routes are exact. Variables are for services: @ManagedService('/user/{id}/file')"],
    ['GET /files/*', "paths of routes are exact. Variables are for services: @ManagedService('/files/*')"],
    ['GET /health', 'is the server\'s own, which says when it stops; take another path, such as "/healthz"'],
    ['POST /health', "is the server's own"],
    ['GET /x/', 'its path "/x/" must not end with "/"'],
    ['GET /x?a=1', 'its path "/x?a=1" must not contain "?" or "#"'],
  ])('"%s" is refused at the start', async (route, why) => {
    const begun = start({ [route]: () => 1 });
    await expect(begun).rejects.toThrow(`serve: routes: "${route}"`);
    await expect(begun).rejects.toThrow(why);
  });

  test.each([[5], ['text'], [{ status: 200 }], [null]])(
    'that is %j and no handler is refused at the start',
    async (it) => {
      const routes = { 'GET /it': it } as unknown as Routes;
      await expect(start(routes)).rejects.toThrow(
        `serve: routes: "GET /it" is ${JSON.stringify(it)}; it must be a function, such as (request) => ({ ok: true })`,
      );
    },
  );

  test('may be at a path with a colon, as long as that begins no segment', async () => {
    expect(await (await fetch(`${await start({ 'GET /a:b': () => 'colon' })}/a:b`)).text()).toBe('colon');
  });

  test('at the path of a service is refused, at the start or when the service is added; beside a template it is not', async () => {
    @ManagedService('/svc')
    class Late {}
    const options = { port: 0, host: '127.0.0.1', signals: [], logger: silentLogger };
    const routes: Routes = { 'POST /svc': () => 'route' };
    const why = 'routes: "POST /svc" is at the path of Late, whose clients would not get there';
    const begun = serve({ ...options, services: [Late], routes }).then((started) => (server = started));
    await expect(begun).rejects.toThrow(why);
    const url = await start(routes);
    expect(() => server?.add(Late)).toThrow(why);
    expect(server?.app.services.map(({ name }) => name)).toEqual(['Everywhere']);
    expect(await (await post(`${url}/svc`, '')).text()).toBe('route');
  });

  test('that throws is in the log and in the counters, and not told to onError: no resource has failed', async () => {
    const told: unknown[] = [];
    const error = (...said: unknown[]): void => void told.push(said);
    const logger = Object.assign({}, silentLogger, { error });
    const boom = new Error('boom');
    const routes: Routes = {
      'GET /it': () => {
        throw boom;
      },
    };
    server = await serve({
      port: 0,
      services: [],
      signals: [],
      routes,
      logger,
      onError: (failure) => told.push(failure),
    });
    await fetch(`${server.url}/it`);
    expect(told).toEqual([['A request failed', expect.objectContaining({ path: '/it', cause: boom })]]);
    expect(server.app.counters.snapshot().failures).toMatchObject({ 'handler-failed': 1 });
  });
});
