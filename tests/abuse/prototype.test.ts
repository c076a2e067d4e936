import { Get, ManagedService, Message, PathParam, Post, Request, Resource } from '@ionosphere/server';
import { Type } from 'class-transformer';
import { IsArray, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { raw } from '../raw.fixture';
import { TestServer } from '../server.fixture';

class Inner {
  @IsString() @IsOptional() text?: string;
}

class Outer {
  @IsString() @IsOptional() text?: string;
  @ValidateNested() @Type(() => Inner) @IsOptional() inner?: Inner;
  @IsArray() @ValidateNested({ each: true }) @Type(() => Inner) @IsOptional() list?: Inner[];
  @IsObject() @IsOptional() free?: Record<string, unknown>;
}

let seen: unknown[];

function services(unknownKeys: 'reject' | 'strip') {
  @ManagedService({ path: '/typed', config: { unknownKeys } })
  class Typed {
    @Message() onMessage(message: Outer): void {
      seen.push(message);
    }
  }

  @ManagedService({ path: '/free/{name}', config: { unknownKeys } })
  class Free {
    @PathParam() name!: string;

    @Get() onGet({ query, headers, cookies }: Request): object {
      seen.push(query, headers, cookies);
      return { name: this.name };
    }

    @Post() onPost(request: Request, resource: Resource): void {
      for (const [name, value] of request.query) resource.attributes.set(name, value);
      seen.push(resource.attributes);
    }

    @Message({ items: Object }) onMessage(message: object[]): void {
      seen.push(message);
    }
  }
  return [Typed, Free];
}

const poisons = [
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"text":"a","__proto__":{"text":1,"polluted":1}}',
  '{"inner":{"__proto__":{"polluted":1}}}',
  '{"inner":{"constructor":{"prototype":{"polluted":1}}}}',
  '{"list":[{"__proto__":{"polluted":1}},{"constructor":{"name":"Object","prototype":{"polluted":1}}}]}',
  '{"free":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
  '{"__proto__":{"__proto__":{"polluted":1}}}',
  '{"toString":1,"valueOf":1,"hasOwnProperty":1,"isPrototypeOf":1}',
  '[{"__proto__":{"polluted":1}}]',
];
const encoded = encodeURIComponent;

describe.each(['reject', 'strip'] as const)('With unknownKeys: %s', (unknownKeys) => {
  let server: TestServer;
  const before = Object.getOwnPropertyNames(Object.prototype);
  beforeAll(async () => {
    server = await TestServer.start({ services: services(unknownKeys) });
  });
  afterAll(() => server.stop());
  beforeEach(() => (seen = []));

  afterEach(() => {
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    for (const type of [Object, Array, Function, Map, Outer, Inner])
      expect((type.prototype as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each(poisons)('a message changes no prototype: %s', async (body) => {
    const { status } = await raw(server.port, { method: 'POST', target: '/typed', body });
    expect([200, 400]).toContain(status);
    if (status === 400) return expect(seen).toEqual([]);
    const [message] = seen as [Outer];
    expect([Object.getPrototypeOf(message), 'polluted' in message]).toEqual([Outer.prototype, false]);
    for (const inner of [message.inner, ...(message.list ?? [])])
      if (inner) expect([Object.getPrototypeOf(inner), 'polluted' in inner]).toEqual([Inner.prototype, false]);
    if (message.free) expect(Object.getPrototypeOf(message.free)).toBe(Object.prototype);
  });

  it.each(poisons)('a message without a class changes none either: %s', async (body) => {
    const { status } = await raw(server.port, { method: 'POST', target: '/free/x', body: `[${body}]` });
    expect(status).toBe(200);
  });

  it.each(['__proto__', 'constructor', 'prototype', '__proto__[polluted]', 'constructor[prototype][polluted]'])(
    'neither does a name in query, header, cookie, path and attribute: %s',
    async (name) => {
      const target = `/free/${encoded(name)}?${encoded(name)}=1&${name.replace(/[[\]]/g, '.')}=2`;
      const headers = { [name.replace(/[[\]]/g, '-')]: '1', Cookie: `${name}=1; ${name.replace(/[[\]]/g, '')}=1` };
      const answer = await raw(server.port, { target, headers });
      expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { name }]);
      expect((await raw(server.port, { method: 'POST', target, body: '[]' })).status).toBe(200);
      for (const place of seen) expect((place as { polluted?: unknown }).polluted).toBeUndefined();
    },
  );

  it.each(['__proto__', 'constructor', 'toString'])('neither does %s as a parameter of the protocol', async (name) => {
    for (const parameter of ['X-Atmosphere-tracking-id', 'X-Atmosphere-Transport', 'X-Atmosphere-Framework']) {
      const { status } = await raw(server.port, {
        target: `/free/x?X-Atmosphere-Transport=polling&${parameter}=${name}`,
      });
      expect([200, 400]).toContain(status);
    }
  });
});
