import { join } from 'node:path';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import { protoPath } from '@ionosphere/grpc';
import { DeliverTo, ManagedService, Message, serve, type Resource, type Server } from '@ionosphere/server';
import { IsInt } from 'class-validator';
import { buildSync } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { findBrowser, launch } from './browser.fixture';

@ManagedService({ path: '/echo/{name}' })
class Echo {
  @Message()
  onText(text: string): string {
    return text;
  }

  @Message()
  @DeliverTo('RESOURCE')
  onBytes(bytes: Buffer): Buffer {
    return bytes;
  }
}

class Bid {
  @IsInt()
  amount!: number;
}

@ManagedService('/bids')
class Bids {
  @Message()
  onBid({ amount }: Bid): Bid {
    return { amount };
  }
}

/** Answers when the test says so. */
@ManagedService('/slow')
class Slow {
  static answer: () => void = () => undefined;

  @Message()
  onText(text: string): Promise<string> {
    return new Promise((resolve) => (Slow.answer = () => resolve(text)));
  }
}

/** Pages of this origin alone, and the server's own. */
@ManagedService({ path: '/closed', config: { allowedOrigins: ['https://closed.example'] } })
class Closed {
  @Message()
  onText(text: string): string {
    return text;
  }
}

const found = findBrowser();
const inBrowser = 'reason' in found ? describe.skip : describe;
const protocols = ['connect+json', 'connect+proto', 'grpc-web+proto'];

jest.setTimeout(60_000);

let server: Server;
let url = '';
/** Serves the page alone: of another origin than the services. */
let elsewhere: Server;

beforeAll(async () => {
  const [script] = buildSync({
    entryPoints: [join(__dirname, 'connect-page', 'page.mjs')],
    bundle: true,
    write: false,
    format: 'iife',
  }).outputFiles;
  const definition = loadSync(protoPath)['org.atmosphere.grpc.AtmosphereMessage'] as MessageTypeDefinition<
    object,
    object
  >;
  const routes = {
    'GET /page': () => ({
      status: 200,
      headers: { 'Content-Type': 'text/html' },
      body: '<!doctype html><meta charset="utf-8"><script src="/page.js"></script>',
    }),
    'GET /page.js': () => ({ status: 200, headers: { 'Content-Type': 'text/javascript' }, body: script?.text }),
    'GET /descriptor': () => definition.fileDescriptorProtos[0],
  };
  const common = { port: 0, host: '127.0.0.1', signals: [], routes } as const;
  elsewhere = await serve({ ...common, services: [] });
  server = await serve({
    ...common,
    grpc: { port: 0 },
    services: [Echo, Bids, Closed, Slow],
    allowedOrigins: [elsewhere.url],
    limits: { maxMessageBytes: 1000 },
  });
  url = server.url;
});

afterAll(() => Promise.all([server.stop(), elsewhere.stop()]));

inBrowser.each(['of the server', 'of another origin'])('The client of Connect, in a page %s', (where) => {
  let browser: Browser;
  let page: Page;

  const run = (name: string, ...args: unknown[]): Promise<unknown> =>
    page.evaluate(
      ([called, given]) =>
        (globalThis as unknown as Record<string, (...all: unknown[]) => Promise<unknown>>)[called]?.(...given),
      [name, args] as const,
    );

  beforeAll(async () => {
    if ('reason' in found) return;
    browser = await launch(found);
    page = await browser.newPage();
    await page.goto(where === 'of the server' ? `${url}/page` : `${elsewhere.url}/page?server=${url}`);
  });

  afterAll(() => browser?.close());

  it.each(protocols)('subscribes and sends over %s', async (protocol) => {
    const topic = `/echo/${protocol} ${where}`;
    const heard = (await run('converse', protocol, topic)) as Record<string, unknown>[];
    const [ack] = heard;
    const message = { topic, payload: '', bytes: [], trackingId: '' };
    expect(ack).toEqual({ ...message, type: 4, trackingId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(heard[1]).toEqual({ ack });
    expect(heard.slice(2)).toEqual([
      { ...message, type: 2, payload: 'Zoë 😀' },
      { ...message, type: 2, bytes: [0, 255] },
    ]);
  });

  it.each(protocols)('is told what was wrong, over %s', async (protocol) => {
    const wrong = (method: string, message: object): Promise<unknown> => run('refused', protocol, method, message);
    expect(await wrong('subscribe', { topic: '/nowhere' })).toMatchObject({
      code: 5,
      message: 'There is nothing at this path.',
      failure: 'not-found',
    });
    expect(await wrong('send', { topic: '/echo/a', trackingId: 'x' })).toMatchObject({
      code: 5,
      message: 'No channel found for tracking_id: x',
      failure: 'unknown-resource',
    });
    expect(await wrong('send', { topic: '/echo/a', payload: 'x'.repeat(1001) })).toMatchObject({
      code: 8,
      failure: 'message-too-large',
    });
    expect(await wrong('send', { topic: '/bids', payload: '{"amount":1.5}' })).toMatchObject({
      code: 3,
      failure: 'invalid-message',
      details: [{ property: 'amount' }],
    });
    if (where !== 'of the server') {
      const refused = { code: 7, failure: 'origin-refused' };
      expect(await wrong('send', { topic: '/closed', payload: 'x' })).toMatchObject(refused);
      expect(await wrong('subscribe', { topic: '/closed' })).toMatchObject(refused);
    }
    expect(await wrong('send', {})).toMatchObject({ code: 3, failure: 'bad-request' });
  });

  it.each(protocols)('is told when its resource is closed, over %s', async (protocol) => {
    const broadcaster = `/echo/end-${protocol} ${where}`;
    const ended = run('untilEnd', protocol, broadcaster);
    let resource: Resource | undefined;
    for (const deadline = Date.now() + 10_000; !resource && Date.now() < deadline;) {
      await new Promise((resolve) => setImmediate(resolve));
      resource = server.app.broadcasters.find(broadcaster)?.resources[0];
    }
    if (!resource) throw new Error('nobody has subscribed');
    expect(resource.transport).toBe('grpc');
    await page.waitForFunction(`document.title === '${resource.uuid}'`);
    resource.close();
    expect(await ended).toBe('ok');
  });
});

describe('Calls over HTTP/1.1', () => {
  const call = (
    method: string,
    type: string,
    body: string | Buffer,
    verb = 'POST',
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    fetch(`${url}/org.atmosphere.grpc.AtmosphereService/${method}`, {
      method: verb,
      headers: { 'content-type': type, ...headers },
      ...(verb === 'POST' && { body }),
    });

  function enveloped(message: string | Buffer): Buffer {
    const bytes = Buffer.from(message);
    const length = Buffer.alloc(5);
    length.writeUInt32BE(bytes.length, 1);
    return Buffer.concat([length, bytes]);
  }

  it('need no library: a message as JSON, and the answer', async () => {
    const answer = await call('Send', 'application/json', '{"topic":"/echo/x","binaryPayload":"AP8="}');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ type: 'ACK', topic: '/echo/x', binaryPayload: 'AP8=' });
  });

  it.each<[string, string, string, string | Buffer, number, string | null]>([
    ['no JSON', 'Send', 'application/json', '{', 400, 'malformed-message'],
    ['JSON that is no object', 'Send', 'application/json', '1', 400, 'malformed-message'],
    ['a topic that is no text', 'Send', 'application/json', '{"topic":1}', 400, 'malformed-message'],
    ['a type that is none', 'Send', 'application/json', '{"type":"X"}', 400, 'malformed-message'],
    ['no protobuf', 'Send', 'application/proto', Buffer.from('hello'), 400, 'malformed-message'],
    ['half an envelope', 'Subscribe', 'application/connect+json', Buffer.of(0, 0, 0), 200, 'malformed-message'],
    [
      'a compressed envelope',
      'Subscribe',
      'application/connect+json',
      Buffer.of(1, 0, 0, 0, 0),
      200,
      'malformed-message',
    ],
    ['a method for HTTP/2', 'Stream', 'application/connect+json', Buffer.of(0, 0, 0, 0, 0), 200, 'method-not-allowed'],
    ['a method that is none', 'Nothing', 'application/json', '{}', 501, 'method-not-allowed'],
    [
      'a body beyond the limit',
      'Send',
      'application/json',
      `{"payload":"${'x'.repeat(40_000)}"}`,
      429,
      'message-too-large',
    ],
    ['another type', 'Send', 'text/plain', 'x', 415, null],
  ])('refuse %s', async (_what, method, type, body, status, code) => {
    const answer = await call(method, type, body);
    expect(answer.status).toBe(status);
    // On a stream the end tells it.
    if (status === 200) expect(await answer.text()).toContain(code);
    else expect(answer.headers.get('x-atmosphere-error')).toBe(code);
  });

  it('go on for a reader that paused, with all that it missed', async () => {
    const type = 'application/connect+json';
    const answer = await call('Subscribe', type, enveloped('{"topic":"/echo/pause"}'));
    const room = server.app.broadcasters.lookup('/echo/pause');
    // More than the system keeps for a reader that does not read; nothing new is there to be written when it reads again.
    room.broadcast('y'.repeat(16 * 1024 * 1024));
    await new Promise((resolve) => setImmediate(resolve));
    let arrived = 0;
    let last = '';
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      const before = arrived;
      arrived += chunk.length;
      last = last.slice(-100) + Buffer.from(chunk).toString('latin1');
      // What comes later must get through too.
      if (before <= 16 * 1024 * 1024 && arrived > 16 * 1024 * 1024) room.broadcast('after the pause');
      if (last.includes('after the pause')) break;
    }
    expect(last).toContain('after the pause');
  });

  /** A message to `/slow` as protobuf: topic and payload. */
  const toSlow = Buffer.from('\x12\x05/slow\x1a\x01x');
  const toSlowAsJson = '{"topic":"/slow","payload":"x"}';

  it.each<[string, string | Buffer, string, string, number, string]>([
    ['application/json', toSlowAsJson, 'Connect-Timeout-Ms', '200', 504, '"code":"deadline_exceeded"'],
    ['application/proto', toSlow, 'Connect-Timeout-Ms', '200', 504, '"code":"deadline_exceeded"'],
    ['application/connect+json', enveloped(toSlowAsJson), 'Connect-Timeout-Ms', '200', 200, '"deadline_exceeded"'],
    ['application/grpc-web+proto', enveloped(toSlow), 'grpc-timeout', '200m', 200, 'grpc-status: 4\r\n'],
    ['application/json', toSlowAsJson, 'Connect-Timeout-Ms', 'soon', 400, '"code":"invalid_argument"'],
    ['application/grpc-web+proto', enveloped(toSlow), 'grpc-timeout', '200', 200, 'grpc-status: 3\r\n'],
  ])('end when their client waits no longer: %s %p, %s: %s', async (type, body, header, value, status, told) => {
    const answer = await call('Send', type, body, 'POST', { [header]: value });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(told);
    Slow.answer();
  });

  it('that go on until their deadline leave a resource that its client can come back to', async () => {
    const subscribe = async (fields: object, headers = {}): Promise<string> =>
      (
        await call(
          'Subscribe',
          'application/connect+json',
          enveloped(JSON.stringify({ topic: '/echo/limited', ...fields })),
          'POST',
          headers,
        )
      ).text();
    const told = await subscribe({}, { 'Connect-Timeout-Ms': '300' });
    expect(told).toMatch(/"code":"deadline_exceeded","message":"The call took too long."/);
    const [, trackingId = ''] = /"trackingId":"([\w-]{36})"/.exec(told) ?? [];
    expect(server.app.resources.find(trackingId)?.state).toBe('away');
    server.app.broadcasters.lookup('/echo/limited').broadcast('missed');
    expect(await subscribe({ trackingId }, { 'Connect-Timeout-Ms': '300' })).toContain('"payload":"missed"');
  });

  it('refuse another HTTP method, and pages from elsewhere', async () => {
    expect((await call('Send', 'application/json', '', 'GET')).status).toBe(405);
    const foreign = await fetch(`${url}/org.atmosphere.grpc.AtmosphereService/Send`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://elsewhere.example' },
      body: '{"topic":"/echo/x","payload":"x"}',
    });
    expect([foreign.status, foreign.headers.get('x-atmosphere-error')]).toEqual([403, 'origin-refused']);
  });

  it.each<[string, Record<string, string>, number, string | null]>([
    ['of a page that may call', { 'access-control-request-headers': 'x-who,x-grpc-web' }, 204, 'x-who,x-grpc-web'],
    ['of a page of one service', { origin: 'https://closed.example' }, 204, 'Content-Type'],
    ['with what is no list of names', { 'access-control-request-headers': 'x-who;q=1' }, 204, 'Content-Type'],
    ['of a page from elsewhere', { origin: 'https://elsewhere.example' }, 403, null],
  ])('answer a preflight %s', async (_what, headers, status, allowed) => {
    const answer = await fetch(`${url}/org.atmosphere.grpc.AtmosphereService/Send`, {
      method: 'OPTIONS',
      headers: { origin: elsewhere.url, 'access-control-request-method': 'POST', ...headers },
    });
    expect([answer.status, answer.headers.get('access-control-allow-headers')]).toEqual([status, allowed]);
    const told = answer.headers.get('access-control-allow-origin');
    expect(told).toBe(status === 204 ? (headers['origin'] ?? elsewhere.url) : null);
  });
});
