import fc from 'fast-check';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { Message, ManagedService } from '../../packages/core/src/declaration/decorators';
import { DtoProblems, planDto } from '../../packages/core/src/dto/dto';
import { Failure } from '../../packages/core/src/errors';
import { Scene, type FakeConnection } from '../../packages/core/src/port.fixture';
import { RoomProtocolInterceptor } from '../../packages/core/src/rooms/room-protocol-interceptor';
import { payloadOf } from '../../packages/server/src/http/request-body';
import { anyText, check, checkBoth, tellSeed } from './runs.fixture';

const RUNS = 800;
beforeAll(tellSeed);

class Inner {
  @IsInt() count!: number;
}

class Line {
  @IsString() @Length(1, 40) author!: string;
  @IsString() @IsOptional() text?: string;
  @ValidateNested() @Type(() => Inner) @IsOptional() inner?: Inner;
  @ValidateNested({ each: true }) @Type(() => Inner) @IsOptional() list?: Inner[];
}

const valid = [
  '{"author":"a"}',
  '{"author":"Alice","text":"hé😀","inner":{"count":1},"list":[{"count":2},{"count":3}]}',
  '{"author":"a","__proto__":{"polluted":1}}',
];

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isLine(value: unknown): void {
  expect(Object.getPrototypeOf(value)).toBe(Line.prototype);
  const { author, inner, list = [] } = value as Line;
  expect(typeof author === 'string' && author.length >= 1 && author.length <= 80).toBe(true);
  // null is what @IsOptional lets pass.
  for (const one of [...(inner ? [inner] : []), ...((list as Inner[] | null) ?? [])]) {
    expect(Object.getPrototypeOf(one)).toBe(Inner.prototype);
    expect(Number.isInteger(one.count)).toBe(true);
  }
  expect(Object.keys(value as object).filter((key) => !['author', 'text', 'inner', 'list'].includes(key))).toEqual([]);
}

afterEach(() => {
  expect((Object.prototype as { polluted?: unknown }).polluted).toBeUndefined();
});

/** A long run sends more than one client may. */
const limits = { rateLimitMessages: 0 };

describe('A DTO', () => {
  it.each(['reject', 'strip'] as const)('is read from any JSON, or refused (%s)', (unknownKeys) => {
    const plan = planDto(Line, { unknownKeys });
    const reads = (value: unknown): void => {
      const read = plan.read(value);
      if (!(read instanceof DtoProblems)) return isLine(read);
      expect(read.problems.length).toBeGreaterThan(0);
      for (const { property, rule, message } of read.problems)
        expect([typeof property, typeof rule, typeof message]).toEqual(['string', 'string', 'string']);
    };
    check(fc.jsonValue({ maxDepth: 4 }), RUNS, reads);
    checkBoth(valid, RUNS, (text) => reads(parsed(text)));
  });

  it('is what was sent', () => {
    const plan = planDto(Line);
    const inner = fc.record({ count: fc.integer() });
    const lines = fc.record(
      { author: fc.string({ minLength: 1, maxLength: 20 }), text: fc.string(), inner, list: fc.array(inner) },
      { requiredKeys: ['author'] },
    );
    check(lines, RUNS, (line) => {
      const read = plan.read(JSON.parse(JSON.stringify(line)));
      expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(JSON.stringify(line)));
    });
  });
});

/** Whatever comes is let in. */
class Open {}

describe('A service', () => {
  let seen: unknown;

  @ManagedService('/lines')
  class Lines {
    @Message({ type: 'number' }) onNumber(message: Open): void {
      seen = message;
    }
    @Message() onLine(line: Line): void {
      seen = line;
    }
    @Message({ items: Object }) onList(list: unknown[]): void {
      seen = list;
    }
    @Message() onBytes(bytes: Buffer): void {
      seen = bytes;
    }
  }

  @ManagedService({
    path: '/rooms',
    interceptors: [new RoomProtocolInterceptor({ maxRooms: 50, maxRoomsPerResource: 20 })],
  })
  class Rooms {
    @Message() onText(text: string): void {
      seen = text;
    }
  }

  const refusals = new Set(['malformed-message', 'invalid-message', 'bad-request', 'forbidden', 'full', 'not-found']);
  const answer = (client: FakeConnection, payload: string | Buffer): void => {
    seen = undefined;
    const outcome = client.resource.receive(payload);
    if (outcome === undefined) return;
    // Nothing that a client says is a mistake of the server.
    expect(outcome).toBeInstanceOf(Failure);
    expect(refusals).toContain((outcome as Failure).code);
    expect(parsed(JSON.stringify(outcome))).toBeDefined();
  };

  it('reads any message, or refuses it, and lives', () => {
    const scene = new Scene([Lines], { limits });
    const client = scene.connect('socket', { path: '/lines' });
    checkBoth([...valid, '[1,2]', '{"type":"number"}'], RUNS, (text) => {
      answer(client, text);
      if (seen !== undefined && !Array.isArray(seen) && !(seen instanceof Open)) isLine(seen);
      answer(client, Buffer.from(text, 'latin1'));
      expect(Buffer.isBuffer(seen)).toBe(true);
    });
    expect(scene.logger.lines.filter((line) => /error/i.test(JSON.stringify(line)))).toEqual([]);
    answer(client, '{"author":"still here"}');
    expect(seen).toMatchObject({ author: 'still here' });
  });

  it('reads any message for a room, in both dialects, and tells its sender alone what is wrong', () => {
    const scene = new Scene([Rooms], { limits });
    const [client, witness] = [
      scene.connect('socket', { path: '/rooms' }),
      scene.connect('socket', { path: '/rooms' }),
    ];
    answer(witness, '{"type":"join","room":"quiet","member":{"id":"witness"}}');
    const told = witness.texts.length;
    const mail = [
      '{"type":"join","room":"lobby","member":{"id":"a","info":{"x":1}}}',
      '{"type":"join","room":"lobby","memberId":"b","metadata":{},"sinceId":0}',
      '{"type":"broadcast","room":"lobby","data":{"text":"hi"}}',
      '{"type":"direct","room":"lobby","target":"a","data":1}',
      '{"type":"typing","room":"lobby","typing":true}',
      '{"type":"leave","room":"lobby"}',
    ];
    checkBoth(mail, RUNS, (text) => {
      const before = client.texts.length;
      answer(client, text);
      for (const frame of client.texts.slice(before)) if (frame !== text) expect(parsed(frame)).toBeDefined();
    });
    // It still speaks: what is wrong is told, what is right is done.
    const before = client.texts.length;
    answer(client, '{"type":"broadcast","room":"nowhere","data":1}');
    answer(client, '{"type":"leave","room":"lobby"}');
    answer(client, '{"type":"join","room":"lobby","member":{"id":"at last"}}');
    const news = client.texts.slice(before).join('');
    expect([news.includes('"error"'), news.includes('"join')]).toEqual([true, true]);
    expect(witness.texts.length).toBe(told);
    expect(scene.app.rooms.all().length).toBeLessThanOrEqual(50);
  });
});

describe('A body', () => {
  it('is the bytes that came, or the text that they are', () => {
    check(fc.tuple(fc.uint8Array({ maxLength: 300 }), anyText), RUNS, ([bytes, type]) => {
      const body = Buffer.from(bytes);
      const payload = payloadOf(body, type);
      expect(typeof payload === 'string' ? Buffer.from(payload) : payload).toEqual(body);
    });
  });
});
