import 'reflect-metadata';
import type { Interceptor, Resource } from '@ionosphere/core';
import { counted, gates, gone, post, ready, Signal, Socket, start, stop, stream } from './limits.fixture';
import { RawHttp, requestOnce } from './raw-http.fixture';

afterEach(stop);

/** A client that was there before a limit was reached, and must not notice. */
async function undisturbed(neighbour: Socket): Promise<void> {
  expect(await neighbour.say('still here')).toEqual(['still here']);
}

/** Waits for what no event tells. */
async function eventually(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !isSo() && Date.now() < end;)
    await new Promise((resolve) => setImmediate(resolve));
  expect(isSo()).toBe(true);
}

const from = (address: string): Record<string, string> => ({ 'X-Forwarded-For': address });
const full = { status: 503, code: 'full', retryAfter: '5' };
const tooFast = { status: 429, code: 'rate-limited', retryAfter: '1' };

describe('Connections', () => {
  test('are limited in all: one more is refused before the upgrade, until one has ended', async () => {
    await start({ limits: { maxConnections: 2 } });
    const neighbour = await Socket.connected();
    const { http } = await stream();
    expect(await Socket.open()).toEqual(full);
    expect(await stream()).toMatchObject(full);
    expect(counted('maxConnections', 'full')).toEqual([2, 2]);
    await undisturbed(neighbour);
    neighbour.socket.close();
    await gone.next();
    await undisturbed(await Socket.connected());
    await http.destroy();
  });

  test('are limited for each address, as the proxy tells it; those of one IPv6 network are one', async () => {
    await start({ limits: { maxConnectionsPerAddress: 1 }, config: { trustProxy: 1 } });
    const neighbour = await Socket.connected(from('2001:db8:1:1::a'));
    const refused = { status: 429, code: 'too-many-connections', retryAfter: '1' };
    expect(await Socket.open('/room', from('2001:db8:1:1::b'))).toEqual(refused);
    await undisturbed(await Socket.connected(from('2001:db8:1:2::a')));
    expect(counted('maxConnectionsPerAddress', 'too-many-connections')).toEqual([1, 1]);
    await undisturbed(neighbour);
  });

  test('of one address are one whatever it says of itself, when no proxy is trusted', async () => {
    await start({ limits: { maxConnectionsPerAddress: 1 } });
    await Socket.connected(from('192.0.2.1'));
    expect(await Socket.open('/room', from('192.0.2.2'))).toMatchObject({ code: 'too-many-connections' });
  });

  test('are counted while they last, held polls too, and nothing is remembered of an address that has left', async () => {
    const { app, port } = await start({});
    const socket = await Socket.connected();
    await ready.next();
    const poll = new RawHttp(port);
    poll.write('GET /room?X-Atmosphere-Transport=long-polling HTTP/1.1\r\nHost: x\r\n\r\n');
    const polling = await ready.next();
    expect(app.counters.snapshot().connections).toMatchObject({ websocket: 1, 'long-polling': 1 });
    expect(app.admission.addresses).toBe(1);
    polling.send('end');
    expect((await poll.response()).body).toBe('end');
    socket.socket.close();
    await gone.next();
    const { connections, connected } = app.counters.snapshot();
    expect([connections['websocket'], connections['long-polling']]).toEqual([0, 0]);
    expect([connected['websocket'], connected['long-polling']]).toEqual([1, 1]);
    expect(app.admission.addresses).toBe(0);
    await poll.destroy();
  });

  test('that were refused by an interceptor, or by a handshake that is none, leave nothing behind', async () => {
    const refuses: Interceptor = { connect: () => Promise.reject(new Error('no')) };
    const { app, port } = await start({ interceptors: [refuses] });
    expect(await Socket.open()).toMatchObject({ status: 500 });
    await requestOnce(port, 'GET /room?X-Atmosphere-Transport=sse');
    await requestOnce(port, 'GET /room?X-Atmosphere-Transport=websocket');
    expect(Object.values(app.counters.snapshot().connections).filter((count) => count !== 0)).toEqual([]);
    expect(app.admission.addresses).toBe(0);
  });
});

describe('Handshakes', () => {
  const limits = { handshakesPerSecond: 0.01, handshakeBurst: 2 };

  test('of one address are limited on every transport, before anything else is done for them', async () => {
    await start({ limits, config: { trustProxy: 1 } });
    const neighbour = await Socket.connected();
    const { http } = await stream();
    expect(await Socket.open()).toEqual(tooFast);
    expect(await stream()).toMatchObject(tooFast);
    expect(await post('hello')).toEqual(tooFast);
    expect(counted('handshakesPerSecond', 'rate-limited')).toEqual([3, 3]);
    await undisturbed(neighbour);
    await undisturbed(await Socket.connected(from('192.0.2.2')));
    await http.destroy();
  });

  test('are the messages of those who have no connection, who are told so', async () => {
    const { url } = await start({ limits });
    const send = (): Promise<Response> => fetch(`${url}/room`, { method: 'POST', body: 'hello' });
    expect([(await send()).status, (await send()).status]).toEqual([200, 200]);
    expect(await (await send()).json()).toMatchObject({
      error: { message: 'Too many messages come without a connection from this address; slow down.' },
    });
  });

  test('are not the messages of those who are there', async () => {
    await start({ limits });
    const { http } = await stream();
    const { uuid } = await ready.next();
    const query = `?X-Atmosphere-tracking-id=${uuid}&X-Atmosphere-Transport=sse`;
    for (let i = 0; i < 4; i++) expect(await post('hello', query)).toMatchObject({ status: 200 });
    await http.destroy();
  });
});

describe('Resources', () => {
  test('are limited, those that are away included; one that is known comes back', async () => {
    const { app } = await start({ limits: { maxResources: 2 } });
    const neighbour = await Socket.connected();
    const first = await ready.next();
    const { http } = await stream();
    const away = await ready.next();
    await http.destroy();
    expect(await Socket.open()).toEqual(full);
    expect(counted('maxResources', 'full')).toEqual([1, 1]);
    expect(app.resources.size).toBe(2);
    await undisturbed(neighbour);
    expect(first.state).toBe('ready');
    const back = await Socket.open(`/room?X-Atmosphere-tracking-id=${away.uuid}`);
    await undisturbed(back as Socket);
  });

  test('have so many subscriptions; one more fails, and what is there stays', async () => {
    await start({ limits: { maxSubscriptions: 3 } });
    const client = await Socket.connected();
    const resource = await ready.next();
    expect(await client.say('join a b', 'join c', 'join a', 'hello')).toEqual([
      'joined',
      'too-many-subscriptions',
      'joined',
      'hello',
    ]);
    expect(resource.broadcasters.map(({ id }) => id)).toEqual(['/room', '/topic/a', '/topic/b']);
    expect(counted('maxSubscriptions', 'too-many-subscriptions')).toEqual([1, 1]);
  });

  test('that have too many subscriptions come into no room, and make none', async () => {
    const { app } = await start({ limits: { maxSubscriptions: 2 } });
    await Socket.connected();
    const resource = await ready.next();
    app.rooms.room('one').join(resource);
    expect(() => app.rooms.enter(resource, 'two', { dialect: 'plain' }, {})).toThrow('too many subscriptions');
    expect(app.rooms.all().map(({ name }) => name)).toEqual(['one']);
    const two = app.rooms.room('two');
    expect(() => two.join(resource)).toThrow('too many subscriptions');
    expect(two.contains(resource)).toBe(false);
  });
});

describe('Messages', () => {
  const limits = { rateLimitMessages: 3, rateLimitSeconds: 3600 };

  test('of one resource are limited in a time; others go on', async () => {
    await start({ limits });
    const [flooder, neighbour] = [await Socket.connected(), await Socket.connected()];
    expect(await flooder.say('1', '2', '3', '4', '5')).toEqual(['1', '2', '3', 'rate-limited', 'rate-limited']);
    expect(counted('rateLimitMessages', 'rate-limited')).toEqual([2, 2]);
    await undisturbed(neighbour);
  });

  test('come at once as many as the burst says', async () => {
    await start({ limits: { ...limits, rateLimitBurst: 1 } });
    expect(await (await Socket.connected()).say('1', '2')).toEqual(['1', 'rate-limited']);
  });

  test('that are too many end the connection, when the policy says so', async () => {
    await start({ limits: { ...limits, rateLimitPolicy: 'disconnect' } });
    const [flooder, neighbour] = [await Socket.connected(), await Socket.connected()];
    for (const text of ['1', '2', '3', '4']) flooder.socket.send(text);
    expect(await flooder.closed).toBe(4429);
    await undisturbed(neighbour);
  });

  test('that are dropped are counted all the same', async () => {
    await start({ limits: { ...limits, rateLimitPolicy: 'drop' } });
    const { http } = await stream();
    const { uuid } = await ready.next();
    const query = `?X-Atmosphere-tracking-id=${uuid}&X-Atmosphere-Transport=sse`;
    for (let i = 0; i < 5; i++) expect(await post(String(i), query)).toMatchObject({ status: 200 });
    expect(counted('rateLimitMessages', 'rate-limited')).toEqual([2, 2]);
    await http.destroy();
  });

  test('of those who have no connection are counted by their address', async () => {
    await start({ limits, config: { trustProxy: 1 } });
    const answers = [];
    for (const text of ['1', '2', '3', '4']) answers.push((await post(text, '', from('192.0.2.1'))).status);
    expect(answers).toEqual([200, 200, 200, 429]);
    expect(await post('5', '', from('192.0.2.2'))).toMatchObject({ status: 200 });
  });

  test('that wait for an earlier one are limited', async () => {
    await start({ limits: { maxPendingMessages: 2 } });
    const [client, neighbour] = [await Socket.connected(), await Socket.connected()];
    for (const text of ['wait', 'a', 'b', 'c']) client.socket.send(text);
    expect(await client.messages.next()).toContain('"overloaded"');
    expect(counted('maxPendingMessages', 'overloaded')).toEqual([1, 1]);
    await undisturbed(neighbour);
  });

  test('and bodies are limited in bytes', async () => {
    const reads = { 'POST /upload': () => 'taken' };
    const { url } = await start({ limits: { maxMessageBytes: 10, maxBodyBytes: 4 }, routes: reads });
    expect(await (await Socket.connected()).say('0123456789', '0123456789a')).toEqual([
      '0123456789',
      'message-too-large',
    ]);
    expect(await post('12345')).toMatchObject({ status: 413, code: 'message-too-large' });
    expect((await fetch(`${url}/upload`, { method: 'POST', body: '12345' })).status).toBe(413);
    expect((await fetch(`${url}/upload`, { method: 'POST', body: '1234' })).status).toBe(200);
    expect(counted('maxMessageBytes', 'message-too-large')[0]).toBe(1);
    expect(counted('maxBodyBytes', 'message-too-large')).toEqual([2, 3]);
  });
});

describe('Time', () => {
  const late = { status: 503, code: 'decision-timeout', retryAfter: '5' };

  test('to let a client in is limited; what comes of it later is dropped', async () => {
    const letIn = new Signal<() => unknown>();
    const slow: Interceptor = {
      connect: (request, next) =>
        request.query.has('slow')
          ? new Promise<Resource>((resolve, reject) =>
              letIn.give(() => Promise.resolve(next(request)).then(resolve, reject)),
            )
          : next(request),
    };
    const { app } = await start({ limits: { upgradeSeconds: 0.1 }, interceptors: [slow] });
    const neighbour = await Socket.connected();
    expect(await Socket.open('/room?slow=1')).toEqual(late);
    expect(await stream({}, '&slow=1')).toMatchObject(late);
    expect(counted('upgradeSeconds', 'decision-timeout')).toEqual([2, 2]);
    for (const open of [await letIn.next(), await letIn.next()]) open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(app.resources.size).toBe(1);
    expect(app.counters.snapshot().connections).toMatchObject({ websocket: 1, sse: 0 });
    await undisturbed(neighbour);
  });

  test('of an interceptor of requests is limited too', async () => {
    await start({ limits: { upgradeSeconds: 0.1 }, interceptors: [{ request: () => new Promise(() => undefined) }] });
    expect(await Socket.open()).toEqual(late);
  });

  test('of a method for GET is limited, and a client that has gone meanwhile leaves no resource', async () => {
    const { app, port } = await start({ limits: { upgradeSeconds: 0.1 } });
    expect(await Socket.open('/asked')).toEqual(late);
    expect(app.resources.size).toBe(1);
    (await gates.next())();
    await new Promise((resolve) => setImmediate(resolve));
    expect(app.resources.size).toBe(0);
    const http = new RawHttp(port);
    http.write('GET /asked?X-Atmosphere-Transport=sse HTTP/1.1\r\nHost: x\r\n\r\n');
    const answer = await gates.next();
    await http.destroy();
    await eventually(() => app.counters.snapshot().connections['sse'] === 0);
    answer();
    await new Promise((resolve) => setImmediate(resolve));
    expect(app.resources.size).toBe(0);
  });

  test('that is not used up is not held against a stream', async () => {
    const { port } = await start({ limits: { upgradeSeconds: 0.1 } });
    const http = new RawHttp(port);
    http.write('GET /asked?X-Atmosphere-Transport=streaming HTTP/1.1\r\nHost: x\r\n\r\n');
    (await gates.next())();
    expect(await http.until('\r\n\r\n')).toContain('200 OK');
    await new Promise((resolve) => setTimeout(resolve, 250)); // in which it must not be cut off
    expect(http.ended).toBe(false);
    await http.destroy();
  });

  test.each(['/room', '/upload'])('for a body is limited: who drips it to %s is answered and cut', async (path) => {
    const { port } = await start({ limits: { bodySeconds: 0.2 }, routes: { 'POST /upload': () => 'taken' } });
    const neighbour = await Socket.connected();
    const http = new RawHttp(port);
    http.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
    const { status, body } = await http.response();
    expect([status, JSON.parse(body).error.code]).toEqual([408, 'request-timeout']);
    await http.until('never');
    expect(http.ended).toBe(true);
    expect(counted('bodySeconds', 'request-timeout')).toEqual([1, 1]);
    await undisturbed(neighbour);
  });

  test('without a word from a client is limited, when that is wanted', async () => {
    await start({ limits: { maxInactiveSeconds: 0.2 } });
    const client = await Socket.connected();
    expect(await client.closed).toBe(4409);
    expect(counted('maxInactiveSeconds', 'idle')).toEqual([1, 1]);
  });
});

describe('Requests that are no clients', () => {
  test('are not limited', async () => {
    const { url } = await start({ limits: { maxConnections: 1, handshakesPerSecond: 0.01, handshakeBurst: 1 } });
    await Socket.connected();
    for (let i = 0; i < 3; i++) expect((await fetch(`${url}/health`)).status).toBe(200);
  });
});
