import {
  Broadcaster,
  Delete,
  DeliverTo,
  Failure,
  Get,
  ManagedService,
  Message,
  PathParam,
  Post,
  Put,
  Resource,
} from '@ionosphere/core';
import { RecordingLogger } from '@ionosphere/testing';
import { IsInt } from 'class-validator';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { RawHttp, requestOnce, type RawResponse } from '../raw-http.fixture';
import { serve, type Server } from '../serve';

let log: string[] = [];

@ManagedService('/doc/{id}')
class Doc {
  @Get() async onGet(resource: Resource, @PathParam('id') id: string): Promise<object> {
    log.push(`get ${resource.request.query.get('from') ?? ''}`);
    await Promise.resolve();
    return { id };
  }
  @Post() onPost(resource: Resource, own: Broadcaster): void {
    log.push(`post ${own.id}`);
    resource.subscribe(own);
    if (resource.request.query.has('refused')) throw new Failure('forbidden', 'Read only.');
  }
  @Message() onMessage(text: string): void {
    log.push(`message ${text}`);
  }
  @Put() onPut(@PathParam('id') id: string): object {
    if (id === 'boom') throw new Error('database is down');
    return { status: 201, headers: { Location: `/doc/${id}` }, body: 'made' };
  }
  @Delete() onDelete(resource: Resource, own: Broadcaster): void {
    resource.subscribe(own);
  }
}

class Price {
  @IsInt() cents!: number;
}

@ManagedService({ path: '/price/{id}', limits: { maxMessageBytes: 1000, maxBinaryMessageBytes: 100 } })
class Prices {
  @Put() onPut(price: Price, @PathParam('id') id: string): object {
    return { id, cents: price.cents, made: price instanceof Price };
  }
  @Delete({ schema: z.object({ why: z.string() }) }) async onDelete(body: unknown): Promise<string> {
    await Promise.resolve();
    return (body as { why: string }).why;
  }
  @Post() onPost(body: string): void {
    log.push(`post ${body}`);
    if (body === 'no') throw new Failure('forbidden', 'Not that.');
  }
  @Message() @DeliverTo('RESOURCE') onMessage(text: string): string {
    return `message ${text}`;
  }
}

@ManagedService('/image')
class Images {
  @Put() onPut(image: Buffer): string {
    return image.toString('hex');
  }
  @Delete({ items: Price }) onDelete(all: Price[]): number {
    return all.length;
  }
}

describe('Methods for HTTP verbs', () => {
  let server: Server;
  const logger = new RecordingLogger();
  const request = (line: string, body = ''): Promise<RawResponse> => requestOnce(server.port, line, {}, body);

  beforeAll(async () => {
    server = await serve({ port: 0, host: '127.0.0.1', services: [Doc, Prices, Images], logger, signals: [] });
  });
  beforeEach(() => (log = []));
  afterAll(() => server.stop());

  it('@Get answers a GET that connects nobody with what it returns', async () => {
    const response = await request('GET /doc/7?from=page');
    expect([response.status, response.body]).toEqual([200, '{"id":"7"}']);
    expect(response.headers.get('content-type')).toEqual(['application/json; charset=utf-8']);
    expect(log).toEqual(['get page']);
  });

  it('@Get runs before each connect, of a poll and of a WebSocket', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/doc/7?from=socket`);
    await new Promise((resolve) => socket.once('open', resolve));
    socket.close();
    await new Promise((resolve) => socket.once('close', resolve));
    const query = 'X-Atmosphere-Transport=long-polling&X-atmo-protocol=true&X-Atmosphere-Framework=5.0.7';
    expect((await request(`GET /doc/7?from=poll&${query}`)).status).toBe(200);
    expect(log).toEqual(['get socket', 'get poll']);
  });

  it('@Post runs before the message of each POST, and may refuse it', async () => {
    expect((await request('POST /doc/7', 'hi')).status).toBe(200);
    const refused = await request('POST /doc/7?refused', 'hi');
    expect([refused.status, refused.body]).toEqual([
      403,
      '{"error":{"code":"forbidden","message":"Read only.","retry":false}}',
    ]);
    expect(log).toEqual(['post /doc/7', 'message hi', 'post /doc/7']);
  });

  it('@Put and @Delete answer: with a status and headers, with nothing, with what they throw', async () => {
    const made = await request('PUT /doc/8', 'body');
    expect([made.status, made.headers.get('location'), made.body]).toEqual([201, ['/doc/8'], 'made']);
    const gone = await request('DELETE /doc/8');
    expect([gone.status, gone.body]).toEqual([200, '']);
    const broken = await request('PUT /doc/boom');
    expect([broken.status, JSON.parse(broken.body).error.code]).toEqual([500, 'handler-failed']);
    expect(broken.body).not.toContain('database');
    expect(logger.lines.some(({ fields }) => String(fields.cause).includes('database is down'))).toBe(true);
  });

  it('are named by preflights, and other methods are refused', async () => {
    const preflight = await request('OPTIONS /doc/8');
    expect(preflight.headers.get('access-control-allow-methods')).toEqual(['OPTIONS, GET, POST, PUT, DELETE']);
    const refused = await request('PATCH /doc/8');
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, ['OPTIONS, GET, POST, PUT, DELETE']]);
  });

  it('leave nobody subscribed who was there for one request', async () => {
    await request('POST /doc/9', 'hi');
    await request('DELETE /doc/9');
    await request('POST /doc/9?refused', 'hi');
    expect(server.app.broadcasters.find('/doc/9')?.size).toBe(0);
  });

  it('are told of the resource that the request names, and of none that is not there', async () => {
    const unknown = await request('DELETE /doc/9?X-Atmosphere-tracking-id=9f9693cd-56d2-4ac4-8cb1-d31f13f73281');
    expect([unknown.status, JSON.parse(unknown.body).error.code]).toEqual([404, 'unknown-resource']);
  });

  describe('with a parameter for the body', () => {
    const failure = async (line: string, body?: string): Promise<unknown[]> => {
      const response = await request(line, body);
      const { error } = JSON.parse(response.body) as { error: { code: string; details?: { property: string }[] } };
      return [response.status, error.code, ...(error.details ?? []).map(({ property }) => property)];
    };

    it('get it decoded by its type, as a message is', async () => {
      expect((await request('PUT /price/7', '{"cents":5}')).body).toBe('{"id":"7","cents":5,"made":true}');
      expect((await request('DELETE /price/7', '{"why":"sold"}')).body).toBe('sold');
      expect((await request('PUT /image', 'hé')).body).toBe('68c3a9');
      expect((await request('DELETE /image', '[{"cents":1},{"cents":2}]')).body).toBe('2');
    });

    it('are not called when it is not what they take', async () => {
      expect(await failure('PUT /price/7', '{"cents":"5"}')).toEqual([400, 'invalid-message', 'cents']);
      expect(await failure('PUT /price/7', '{')).toEqual([400, 'malformed-message']);
      expect(await failure('PUT /price/7')).toEqual([400, 'malformed-message']);
      expect(await failure('DELETE /price/7', '{}')).toEqual([400, 'invalid-message', 'why']);
      expect(await failure('DELETE /image', '[{"cents":1},{}]')).toEqual([400, 'invalid-message', '1.cents']);
    });

    it('are not called when it is too large, whether its length was told or not', async () => {
      expect(await failure('PUT /price/7', `{"cents":${'1'.repeat(1000)}}`)).toEqual([413, 'message-too-large']);
      const chunk = `3e9\r\n${'x'.repeat(1001)}\r\n0\r\n\r\n`;
      const unsaid = new RawHttp(server.port);
      unsaid.write(`PUT /price/7 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`);
      expect((await unsaid.response()).status).toBe(413);
      await unsaid.destroy();
      const binary = await requestOnce(
        server.port,
        'PUT /price/7',
        { 'Content-Type': 'application/octet-stream' },
        'x'.repeat(101),
      );
      expect([binary.status, JSON.parse(binary.body).error.message]).toEqual([
        413,
        'The message is larger than 100 bytes.',
      ]);
    });

    it('see the body of a POST before the message in it is handled, and may refuse it', async () => {
      expect((await request('POST /price/7', 'yes')).body).toBe('message yes');
      expect(await failure('POST /price/7', 'no')).toEqual([403, 'forbidden']);
      expect(log).toEqual(['post yes', 'post no']);
    });
  });

  it('stop the start when a GET wants a body, or a method wants two', async () => {
    @ManagedService('/get')
    class WithGet {
      @Get() onGet(_body: Price): void {}
    }
    @ManagedService('/two')
    class WithTwo {
      @Put() onPut(_one: Price, _two: string): void {}
    }
    await expect(serve({ port: 0, services: [WithGet], signals: [] })).rejects.toThrow(
      "WithGet.onGet: parameter 1 (Price) can't be filled. @Get methods take",
    );
    await expect(serve({ port: 0, services: [WithTwo], signals: [] })).rejects.toThrow(
      'WithTwo.onPut: parameters 1 and 2 both want the body; keep one',
    );
  });
});
