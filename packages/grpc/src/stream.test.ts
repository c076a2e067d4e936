import {
  App,
  Broadcaster,
  DeliverTo,
  Disconnect,
  Failure,
  ManagedService,
  Message,
  Ready,
  Resource,
  ResourceEvent,
} from '@ionosphere/core';
import { RecordingLogger } from '@ionosphere/testing';
import { GrpcServer } from './index';
import { Peer, send } from './peer.fixture';
import { stub, type AnyClient } from './suite-client.fixture';

const log = new RecordingLogger();

@ManagedService({ path: '/room/{name}' })
class Room {
  @Ready()
  onReady({ uuid, request, broadcaster }: Resource): void {
    log.info('ready', { uuid, topic: broadcaster.id, color: request.header('X-Color'), from: request.remoteAddress });
  }

  @Message()
  onMessage(text: string): string {
    log.info('message', { text });
    return text;
  }

  @Disconnect()
  onDisconnect({ resource, isClosedByClient, isCancelled }: ResourceEvent): void {
    log.info('disconnect', { topic: resource.broadcaster.id, isClosedByClient, isCancelled });
  }
}

@ManagedService('/echo')
class Echo {
  @Message()
  @DeliverTo('RESOURCE')
  async onMessage(text: string): Promise<string> {
    await new Promise((resolve) => setImmediate(resolve));
    return `you said ${text}`;
  }
}

@ManagedService('/guarded')
class Guarded {
  @Ready()
  onReady(): void {
    throw new Failure('forbidden', 'No ticket.');
  }
}

@ManagedService('/count')
class Count {
  @Message()
  @DeliverTo('RESOURCE')
  onMessage(text: string, broadcaster: Broadcaster): number {
    return broadcaster.size + text.length;
  }
}

describe('Stream', () => {
  let app: App;
  let server: GrpcServer;
  let client: AnyClient;

  beforeAll(async () => {
    const config = { connectSeconds: 1 };
    app = new App({ services: [Room, Echo, Guarded, Count], logger: log, config });
    server = await GrpcServer.start(app, { port: 0, host: '127.0.0.1', maxTopicsPerStream: 3 });
    client = stub(`127.0.0.1:${server.port}`);
  });

  afterAll(async () => {
    client.close();
    server.drain();
    await app.stop();
    await server.close();
  });

  it('carries several topics under one tracking id, and each delivery says which it is of', async () => {
    const peer = Peer.stream(client);
    const one = await peer.join('/room/a');
    const two = await peer.join('/room/b');
    expect([one.topic, two.topic]).toEqual(['/room/a', '/room/b']);
    expect(one.tracking_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(two.tracking_id).toBe(one.tracking_id);
    expect(log.find('ready', { uuid: one.tracking_id }).map(({ fields }) => fields['topic'])).toEqual([
      '/room/a',
      '/room/b',
    ]);
    peer.send({ type: 'MESSAGE', topic: '/room/b', payload: 'for b' });
    expect(await peer.next()).toMatchObject({ type: 'MESSAGE', topic: '/room/b', payload: 'for b' });
    app.broadcasters.lookup('/room/a').broadcast('for a');
    expect(await peer.next()).toMatchObject({ type: 'MESSAGE', topic: '/room/a', payload: 'for a' });
    await peer.join('/echo');
    peer.send({ type: 'MESSAGE', topic: '/echo', payload: 'x' });
    expect(await peer.next()).toMatchObject({ type: 'MESSAGE', topic: '/echo', payload: 'you said x' });
    peer.call.cancel();
  });

  it('runs @Message once for a message, whoever is subscribed', async () => {
    const [one, two] = [Peer.stream(client), Peer.stream(client)];
    await one.join('/room/once');
    await two.join('/room/once');
    one.send({ type: 'MESSAGE', topic: '/room/once', payload: 'only once' });
    expect([(await one.next()).payload, (await two.next()).payload]).toEqual(['only once', 'only once']);
    expect(log.find('message', { text: 'only once' })).toHaveLength(1);
    one.call.cancel();
    two.call.cancel();
  });

  it('hands headers of the call and of the message to the request, and the address', async () => {
    const peer = Peer.stream(client, { 'x-color': 'red' });
    await peer.join('/room/headers');
    await peer.join('/room/own', { headers: { 'X-Color': 'blue' } });
    const told = (topic: string): unknown => log.find('ready', { topic })[0]?.fields;
    expect(told('/room/headers')).toMatchObject({ color: 'red', from: '127.0.0.1' });
    expect(told('/room/own')).toMatchObject({ color: 'blue' });
    peer.call.cancel();
  });

  it('ends a topic with UNSUBSCRIBE: @Disconnect by the client, an ACK, and nothing more', async () => {
    const peer = Peer.stream(client);
    const { tracking_id } = await peer.join('/room/leave');
    await peer.join('/room/stay');
    peer.send({ type: 'UNSUBSCRIBE', topic: '/room/leave' });
    expect(await peer.next()).toMatchObject({ type: 'ACK', topic: '/room/leave', tracking_id });
    expect(log.find('disconnect', { topic: '/room/leave' })[0]?.fields).toMatchObject({ isClosedByClient: true });
    app.broadcasters.find('/room/leave')?.broadcast('unheard');
    app.broadcasters.lookup('/room/stay').broadcast('heard');
    expect(await peer.next()).toMatchObject({ payload: 'heard' });
    expect(app.resources.find(tracking_id)?.endpoint.path).toBe('/room/stay');
    peer.call.cancel();
  });

  it('answers SUBSCRIBE to a topic that it has with the same ACK, and @Ready is called once', async () => {
    const peer = Peer.stream(client);
    const ack = await peer.join('/room/twice');
    expect(await peer.join('/room/twice')).toEqual(ack);
    expect(log.find('ready', { topic: '/room/twice' })).toHaveLength(1);
    peer.call.cancel();
  });

  it('hands a service a message of somebody who is not subscribed, and brings the answer', async () => {
    const peer = Peer.stream(client);
    peer.send({ type: 'MESSAGE', topic: '/count', payload: 'four' });
    expect(await peer.next()).toMatchObject({ type: 'MESSAGE', topic: '/count', payload: '4' });
    peer.call.cancel();
  });

  it('brings what was under way when the client has said all, and ends with OK and @Disconnect', async () => {
    const peer = Peer.stream(client);
    peer.send({ type: 'SUBSCRIBE', topic: '/echo' });
    peer.send({ type: 'SUBSCRIBE', topic: '/room/done' });
    peer.send({ type: 'MESSAGE', topic: '/echo', payload: 'last words' });
    (peer.call as unknown as { end(): void }).end();
    expect([(await peer.next()).type, (await peer.next()).type]).toEqual(['ACK', 'ACK']);
    expect((await peer.next()).payload).toBe('you said last words');
    expect((await peer.ended).code).toBe(0);
    expect(log.find('disconnect', { topic: '/room/done' })[0]?.fields).toMatchObject({ isClosedByClient: true });
  });

  it('tells ERROR and goes on when a topic is refused beside others', async () => {
    const peer = Peer.stream(client);
    await peer.join('/room/safe');
    peer.send({ type: 'SUBSCRIBE', topic: '/nowhere' });
    const error = await peer.next();
    expect(error).toMatchObject({ type: 'ERROR', topic: '/nowhere', headers: { code: 'not-found', status: '5' } });
    expect(JSON.parse(error.payload).error).toMatchObject({ code: 'not-found', retry: false });
    peer.send({ type: 'MESSAGE', topic: '/room/safe', payload: 'still here' });
    expect((await peer.next()).payload).toBe('still here');
    peer.call.cancel();
  });

  it.each<[string, object, string, number]>([
    ['a topic where nothing is', { topic: '/nowhere' }, 'not-found', 5],
    ['no topic', {}, 'bad-request', 3],
    ['a service that refuses in @Ready', { topic: '/guarded' }, 'forbidden', 7],
  ])('ends a stream that has subscribed to nothing but %s with its status', async (_what, message, code, status) => {
    const peer = Peer.stream(client);
    peer.send({ type: 'SUBSCRIBE', ...message });
    let told = await peer.next();
    if (told.type === 'ACK') told = await peer.next();
    expect(told).toMatchObject({ type: 'ERROR', headers: { code } });
    const ended = await peer.ended;
    expect([ended.code, ended.metadata.get('x-atmosphere-error')]).toEqual([status, [code]]);
  });

  it('tells when the service ends one of several topics, and ends the stream with the last', async () => {
    const peer = Peer.stream(client);
    const { tracking_id } = await peer.join('/room/first');
    await peer.join('/room/second');
    app.resources.find(tracking_id)?.close();
    expect(await peer.next()).toMatchObject({ type: 'UNSUBSCRIBE', topic: '/room/first', tracking_id });
    app.resources.find(tracking_id)?.close(new Failure('forbidden', 'Out.'));
    expect(await peer.next()).toMatchObject({ type: 'ERROR', topic: '/room/second', headers: { code: 'forbidden' } });
    expect(await peer.ended).toMatchObject({ code: 7, details: 'Out.' });
  });

  it('returns to all its topics under its tracking id, and gets what it missed', async () => {
    const peer = Peer.stream(client);
    const { tracking_id } = await peer.join('/room/x');
    await peer.join('/room/y');
    peer.call.cancel();
    await peer.ended;
    const resource = app.resources.find(tracking_id);
    while (resource?.state !== 'away') await new Promise((resolve) => setImmediate(resolve));
    app.broadcasters.lookup('/room/x').broadcast('missed x');
    app.broadcasters.lookup('/room/y').broadcast('missed y');
    const back = Peer.stream(client);
    for (const [topic, missed] of [
      ['/room/x', 'missed x'],
      ['/room/y', 'missed y'],
    ]) {
      expect((await back.join(topic as string, { tracking_id })).tracking_id).toBe(tracking_id);
      expect(await back.next()).toMatchObject({ topic, payload: missed });
    }
    back.call.cancel();
  });

  it('takes messages out of envelopes and brings replies, also to what comes by Send', async () => {
    const peer = Peer.stream(client);
    const ack = await peer.join('/count', { headers: { 'X-Ionosphere-Envelope': '1' } });
    expect(ack.headers['memory']).toMatch(/^[0-9a-z]{1,32}$/);
    peer.send({ type: 'MESSAGE', topic: '/count', payload: 'a1:four' });
    expect(await peer.next()).toMatchObject({ type: 'MESSAGE', payload: 'a1:5', headers: { reply: 'true' } });
    // Once more under its key: the same reply, although there is another subscriber now.
    const other = Peer.stream(client);
    await other.join('/count');
    const { tracking_id } = ack;
    await send(client, { topic: '/count', payload: 'a1:four', tracking_id });
    expect((await peer.next()).payload).toBe('a1:5');
    peer.send({ type: 'MESSAGE', topic: '/count', payload: 'no envelope' });
    const refused = await peer.next();
    expect([refused.headers['reply'], refused.payload]).toEqual([
      'true',
      expect.stringMatching(/^!.*malformed-message/),
    ]);
    for (const { call } of [peer, other]) call.cancel();
  });

  it('goes on exactly after the position that the client names, with what was sent to it alone too', async () => {
    const peer = Peer.stream(client);
    const ack = await peer.join('/room/exact');
    const { tracking_id } = ack;
    const room = app.broadcasters.lookup('/room/exact');
    room.broadcast('one');
    app.resources.find(tracking_id)?.send('two');
    room.broadcast('three');
    const first = await peer.next();
    expect(first).toMatchObject({ payload: 'one', headers: { epoch: ack.headers['epoch'] } });
    await peer.next();
    const third = await peer.next();
    peer.call.cancel();
    const cases: [Record<string, string>, string[]][] = [
      [first.headers, ['two', 'three']],
      [third.headers, []],
      [ack.headers, ['one', 'two', 'three']],
    ];
    for (const [{ epoch, offset }, missed] of cases) {
      const back = Peer.stream(client);
      await back.join('/room/exact', { tracking_id, headers: { epoch, offset } as Record<string, string> });
      room.broadcast('newer');
      for (const payload of [...missed, 'newer'])
        expect(await back.next()).toMatchObject({ type: 'MESSAGE', topic: '/room/exact', payload });
      back.call.cancel();
      cases.at(-1)?.[1].push('newer');
    }
    const late = Peer.stream(client);
    await late.join('/room/exact', { tracking_id, headers: { epoch: 'before', offset: '1' } });
    const from = { epoch: ack.headers['epoch'], offset: expect.stringMatching(/^\d+$/) as unknown };
    const gap = { type: 'HEARTBEAT', topic: '/room/exact', headers: { gap: 'true', ...from } };
    expect(await late.next()).toMatchObject(gap);
    late.call.cancel();
  });

  it.each(['/room/a%41', '/room/100%', '/room/ä ?x=1&y#z', '/room/a%2Fb', '/room/a%252Fb'])(
    'takes %s as it is',
    async (topic) => {
      const peer = Peer.stream(client);
      expect((await peer.join(topic)).topic).toBe(topic);
      app.broadcasters.lookup(topic).broadcast('here');
      expect(await peer.next()).toMatchObject({ topic, payload: 'here' });
      peer.call.cancel();
    },
  );

  it('never adopts a tracking id that is not known', async () => {
    const peer = Peer.stream(client);
    const mine = '00000000-0000-4000-8000-000000000000';
    expect((await peer.join('/room/mine', { tracking_id: mine })).tracking_id).not.toBe(mine);
    peer.call.cancel();
  });

  it('refuses more topics than a stream may have', async () => {
    const peer = Peer.stream(client);
    for (const topic of ['/room/1', '/room/2', '/room/3']) await peer.join(topic);
    peer.send({ type: 'SUBSCRIBE', topic: '/room/4' });
    expect(await peer.next()).toMatchObject({ type: 'ERROR', headers: { code: 'full' } });
    peer.call.cancel();
  });

  it('takes no notice of ACK and ERROR of a client, and echoes HEARTBEAT', async () => {
    const peer = Peer.stream(client);
    await peer.join('/room/quiet');
    for (const type of ['ACK', 'ERROR', 'HEARTBEAT']) peer.send({ type, topic: '/room/quiet' });
    expect(await peer.next()).toMatchObject({ type: 'HEARTBEAT', topic: '/room/quiet' });
    peer.call.cancel();
  });

  it('ends a stream that subscribes to nothing', async () => {
    const peer = Peer.stream(client);
    const ended = await peer.ended;
    expect([ended.code, ended.metadata.get('x-atmosphere-error')]).toEqual([3, ['bad-request']]);
    expect(ended.details).toBe('Nothing was subscribed to within 1 seconds.');
  });

  it('answers what is no message with ERROR, and goes on', async () => {
    const raw = client.makeBidiStreamRequest(
      '/org.atmosphere.grpc.AtmosphereService/Stream',
      (bytes: Buffer) => bytes,
      client.Stream.responseDeserialize,
    );
    const peer = new Peer(raw);
    raw.write(Buffer.from('no message'));
    expect(await peer.next()).toMatchObject({ type: 'ERROR', headers: { code: 'malformed-message', status: '3' } });
    raw.write(client.Stream.requestSerialize({ type: 'SUBSCRIBE', topic: '/room/after' }));
    expect((await peer.next()).type).toBe('ACK');
    raw.cancel();
  });
});
