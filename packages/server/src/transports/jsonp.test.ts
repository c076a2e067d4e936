import { runInNewContext } from 'node:vm';
import { DeliverTo, ManagedService, Message, Post, Resource, silentLogger, type Failure } from '@ionosphere/core';
import { serve, type Server } from '../serve';

@ManagedService('/echo')
class Echo {
  @Message()
  @DeliverTo('RESOURCE')
  onMessage(text: string): string {
    if (text === 'throw') throw new Error('secret');
    return text;
  }
}

const posted: string[] = [];

@ManagedService('/verb')
class Verb {
  @Post()
  onPost(resource: Resource): void {
    posted.push(resource.request.path);
  }
  @Message()
  onMessage(text: string): void {
    posted.push(text);
  }
}

let server: Server;
const failures: Failure[] = [];

beforeAll(async () => {
  server = await serve({
    port: 0,
    host: '127.0.0.1',
    services: [Echo, Verb],
    signals: [],
    logger: silentLogger,
    allowedOrigins: ['https://app.example.org'],
    limits: { maxMessageBytes: 1000 },
    onError: (failure) => failures.push(failure),
  });
});

beforeEach(() => {
  failures.length = posted.length = 0;
});

afterAll(() => server.stop());

type Sent = Readonly<Record<string, string>>;

const message = (text: string): Sent => ({ 'X-Atmosphere-Post-Body': text });

const query = (more: Sent): string =>
  new URLSearchParams({ 'X-Atmosphere-Transport': 'jsonp', jsonpTransport: 'cb', ...more })
    .toString()
    .replaceAll('+', '%20');

function get(more: Sent = {}, headers: Sent = {}, path = '/echo'): Promise<Response> {
  return fetch(`${server.url}${path}?${query(more)}`, { headers });
}

/** A client that has its id, and the answer that gave it. */
async function connect(): Promise<{ id: Sent; body: string; headers: Headers }> {
  const answer = await get({ 'X-atmo-protocol': 'true', 'X-Atmosphere-tracking-id': '0' });
  const uuid = answer.headers.get('X-Atmosphere-tracking-id') ?? '';
  return { id: { 'X-Atmosphere-tracking-id': uuid }, body: await answer.text(), headers: answer.headers };
}

/** What the script in an answer calls its function with. */
function calledWith(script: string): unknown {
  const calls: unknown[] = [];
  runInNewContext(script, { cb: (value: unknown) => calls.push(JSON.parse(JSON.stringify(value))) });
  expect(calls).toHaveLength(1);
  return calls[0];
}

describe('A poll by a script', () => {
  it('is answered with a call of its function, as a script that nothing may take for anything else', async () => {
    const { id, body, headers } = await connect();
    expect(body).toBe(`cb({"message" : "${id['X-Atmosphere-tracking-id']}|0|X|"});`);
    expect(headers.get('Content-Type')).toBe('application/javascript; charset=utf-8');
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('Cache-Control')).toContain('no-store');
  });

  it('brings any text as it was, and no text ends the script, or the page that it may be in', async () => {
    const { id } = await connect();
    const text = 'a"b\\c\n\u2028\u2029</script><!-- \0 é😀 \ud800|';
    const resource = server.app.resources.find(id['X-Atmosphere-tracking-id'] ?? '');
    resource?.send(text);
    const body = await (await get(id)).text();
    expect(body).toMatch(/^cb\(\{"message" : "[^<\u2028\u2029]*"\}\);$/);
    // Half a surrogate pair has no UTF-8 on any wire.
    expect(calledWith(body)).toEqual({ message: text.replace('\ud800', '\ufffd') });
  });

  it('brings all that there is, framed, and is held when there is nothing', async () => {
    const { id } = await connect();
    const tracked = { ...id, 'X-Atmosphere-TrackMessageSize': 'true', 'X-Atmosphere-Framework': '4.0.1' };
    const broadcaster = server.app.broadcasters.lookup('/echo');
    broadcaster.broadcast('one');
    broadcaster.broadcast('two|');
    expect(calledWith(await (await get(tracked)).text())).toEqual({ message: '3|one4|two|' });
    const held = await get(tracked);
    broadcaster.broadcast('three');
    expect(calledWith(await held.text())).toEqual({ message: '5|three' });
  });

  it('that gives way to a newer one calls its function with nothing', async () => {
    const { id } = await connect();
    const older = get(id);
    const resource = server.app.resources.find(id['X-Atmosphere-tracking-id'] ?? '');
    while (resource?.state !== 'ready') await new Promise((resolve) => setImmediate(resolve));
    const newer = get(id);
    expect(await (await older).text()).toBe('cb({"message" : ""});');
    resource.goodbye();
    await newer;
  });

  it.each(['a.b.c', '$', '_x1', 'jQuery.cb_1'])('may name the function %s', async (name) => {
    const answer = await get({ 'X-atmo-protocol': 'true', jsonpTransport: name });
    expect([answer.status, (await answer.text()).startsWith(`${name}({`)]).toEqual([200, true]);
  });

  it.each(['', '1a', 'a-b', 'a b', 'alert(1)', 'a;b', 'a\n', 'a[0]', 'ä', '.a', 'cb//', '<script>'])(
    'is refused when the function is to be %j',
    async (name) => {
      const { size } = server.app.resources;
      for (const more of [{}, message('hello')]) {
        const answer = await get({ jsonpTransport: name, ...more });
        expect([answer.status, answer.headers.get('Content-Type')]).toEqual([400, 'application/json; charset=utf-8']);
        expect(await answer.text()).not.toContain(name || 'nothing');
      }
      expect(server.app.resources.size).toBe(size);
    },
  );

  it('is refused when it names no function', async () => {
    expect((await fetch(`${server.url}/echo?X-Atmosphere-Transport=jsonp`)).status).toBe(400);
  });
});

describe('A script of a page', () => {
  const site = (value: string): Sent => ({ 'Sec-Fetch-Site': value });
  const from = (url: string): Sent => ({ Referer: url });

  it.each<[string, () => Sent]>([
    ['of the same origin', () => site('same-origin')],
    ['of the same origin, as an older browser tells', () => from(`${server.url}/page?x`)],
    ['that is allowed', () => ({ ...site('cross-site'), ...from('https://app.example.org/') })],
    ['that is none: a program', () => ({})],
  ])('%s is answered', async (_, headers) => {
    const answer = await get({ 'X-atmo-protocol': 'true' }, headers());
    expect(answer.status).toBe(200);
    await answer.text();
  });

  it.each<[string, Sent]>([
    ['from elsewhere', { ...site('cross-site'), ...from('https://evil.example/') }],
    ['from elsewhere that hides where', site('cross-site')],
    ['from a neighbour', site('same-site')],
    ['from elsewhere, as an older browser tells', from('https://evil.example/')],
    ['with a Referer that is none', from('about:blank')],
  ])("%s is refused: it would read what is the user's", async (_, headers) => {
    expect((await get({ 'X-atmo-protocol': 'true' }, headers)).status).toBe(403);
    const upload = { 'X-Atmosphere-Transport': 'polling', 'X-Atmosphere-Post-Body': 'hello' };
    expect((await get(upload, headers)).status).toBe(403);
  });
});

describe('A message in the URL', () => {
  it('is handled once, decoded once, and answered with an empty script; what it causes comes by a poll', async () => {
    const { id } = await connect();
    const text = 'a+b & c|😀 %20';
    const answer = await get({ ...id, ...message(text) });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(answer.headers.get('Content-Type')).toBe('application/javascript; charset=utf-8');
    expect(calledWith(await (await get(id)).text())).toEqual({ message: text });
  });

  it('of somebody without a connection is answered by the script, or as a POST is', async () => {
    expect(calledWith(await (await get(message('hello'))).text())).toEqual({ message: 'hello' });
    const plain = await get({ 'X-Atmosphere-Transport': 'polling', ...message('hello') });
    expect([plain.headers.get('Content-Type'), await plain.text()]).toEqual(['text/plain; charset=utf-8', 'hello']);
  });

  it('that fails is told in a header, because its client would send it again if the script failed', async () => {
    const { id } = await connect();
    const thrown = await get({ ...id, ...message('throw') });
    expect([thrown.status, await thrown.text()]).toEqual([200, '']);
    expect(thrown.headers.get('X-Atmosphere-error')).toBe('The server could not handle the message.');
    const large = await get({ ...id, ...message('é'.repeat(501)) });
    expect(large.headers.get('X-Atmosphere-error')).toBe('The message is too large.');
    expect(failures.map(({ code }) => code)).toEqual(['handler-failed', 'message-too-large']);
    const plain = await get({ ...id, 'X-Atmosphere-Transport': 'long-polling', ...message('throw') });
    expect(plain.status).toBe(500);
  });

  it('is a POST to the service', async () => {
    await get({ 'X-Atmosphere-tracking-id': '0', ...message('hello') }, {}, '/verb');
    expect(posted).toEqual(['/verb', 'hello']);
  });

  it('in a POST is none', async () => {
    await fetch(`${server.url}/verb?X-Atmosphere-Post-Body=url`, { method: 'POST', body: 'body' });
    expect(posted).toEqual(['/verb', 'body']);
  });
});
