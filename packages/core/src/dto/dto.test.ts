import { Type } from 'class-transformer';
import {
  Allow,
  IsArray,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { DtoProblems, hasValidation, planDto } from './dto';

class ChatMessage {
  @IsString() @MaxLength(10) author!: string;
  @IsString() @MinLength(1) text!: string;
  @IsOptional() @IsInt() @Min(0) priority?: number;
}

class Item {
  @IsString() name!: string;
}

class Order {
  @IsString() id = 'none';
  @IsArray() @ValidateNested({ each: true }) @Type(() => Item) items!: Item[];
  @IsOptional() @ValidateNested() @Type(() => Item) gift?: Item;
}

class Comment {
  @IsString() text!: string;
  @IsOptional() @ValidateNested() @Type(() => Comment) replies?: Comment[];
}

class Envelope {
  @IsObject() data!: Record<string, unknown>;
  @Allow() extra?: unknown;
}

class Loose {
  kind = 'loose';
  @Type(() => Item) item?: Item;
  @Type(() => Date) at?: Date;

  hello(): string {
    return this.kind;
  }
}

/** The problems of an input that is expected to be wrong, as `property rule`. */
function wrong(result: unknown): string[] {
  if (!(result instanceof DtoProblems)) throw new Error(`accepted: ${JSON.stringify(result)}`);
  return result.problems.map(({ property, rule }) => `${property} ${rule}`);
}

describe('A DTO plan', () => {
  const chat = planDto(ChatMessage);
  const order = planDto(Order);

  it('is compiled for ordinary classes', () => {
    const classes = [ChatMessage, Order, Comment, Envelope, Loose];
    expect(classes.map((dto) => planDto<object>(dto).compiled)).toEqual([true, true, true, true, true]);
  });

  it('returns a real instance of the class', () => {
    const message = chat.read({ author: 'ann', text: 'hi' });
    expect(message).toStrictEqual(Object.assign(new ChatMessage(), { author: 'ann', text: 'hi' }));
    expect(message).toBeInstanceOf(ChatMessage);
  });

  it("names each wrong property, with class-validator's text", () => {
    expect(chat.read({ author: 'a very long name', text: 5 })).toEqual(
      new DtoProblems([
        { property: 'author', rule: 'maxLength', message: 'author must be shorter than or equal to 10 characters' },
        { property: 'text', rule: 'minLength', message: 'text must be longer than or equal to 1 characters' },
        { property: 'text', rule: 'isString', message: 'text must be a string' },
      ]),
    );
  });

  it.each([[null], [undefined], [[]], ['text'], [5], [true], [new Map()]])('wants a JSON object, not %p', (plain) => {
    const problem = { property: '', rule: 'object', message: 'ChatMessage must be a JSON object' };
    expect(chat.read(plain)).toEqual(new DtoProblems([problem]));
  });

  it('rejects keys the class does not declare, unless told to strip them', () => {
    const plain = { author: 'ann', text: 'hi', admin: true };
    expect(chat.read(plain)).toEqual(
      new DtoProblems([{ property: 'admin', rule: 'whitelistValidation', message: 'property admin should not exist' }]),
    );
    const stripped = planDto(ChatMessage, { unknownKeys: 'strip' }).read(plain);
    expect(stripped).toStrictEqual(Object.assign(new ChatMessage(), { author: 'ann', text: 'hi' }));
  });

  it('keeps an absent property absent and a given null', () => {
    expect(Object.keys(chat.read({ author: 'a', text: 'b' }))).toEqual(['author', 'text']);
    expect(chat.read({ author: 'a', text: 'b', priority: null })).toHaveProperty('priority', null);
  });

  it('keeps the defaults of the class and validates them', () => {
    expect(order.read({ items: [] })).toHaveProperty('id', 'none');
    expect(wrong(order.read({ id: null, items: [] }))).toEqual(['id isString']);
  });

  it('reads nested instances, alone and in arrays', () => {
    const read = order.read({ id: 'x', items: [{ name: 'a' }, { name: 'b' }], gift: { name: 'c' } });
    expect(read).toBeInstanceOf(Order);
    const { items, gift } = read as Order;
    expect([...items, gift].every((item) => item instanceof Item)).toBe(true);
    expect(items.map((item) => item.name)).toEqual(['a', 'b']);
  });

  it('gives the path of a nested problem', () => {
    const read = order.read({ id: 'x', items: [{ name: 'a' }, { name: 1, more: 2 }, null], gift: 'no' });
    expect(wrong(read).sort()).toEqual([
      'gift nestedValidation',
      'items.1.more whitelistValidation',
      'items.1.name isString',
      'items.2 nestedValidation',
    ]);
  });

  it('reads classes that refer to themselves', () => {
    const plan = planDto(Comment);
    const read = plan.read({ text: 'a', replies: [{ text: 'b', replies: [{ text: 'c' }] }] }) as Comment;
    expect(read.replies?.[0]?.replies?.[0]).toBeInstanceOf(Comment);
    expect(wrong(plan.read({ text: 'a', replies: [{ text: 'b', replies: [{}] }] }))).toEqual([
      'replies.0.replies.0.text isString',
    ]);
  });

  it('does not share free-form values with the input', () => {
    const data = { list: [{ a: 1 }] };
    const read = planDto(Envelope).read({ data }) as Envelope;
    expect(read.data).toEqual(data);
    expect(read.data).not.toBe(data);
    expect(read.data['list']).not.toBe(data.list);
  });

  it('takes every key of a class without validation', () => {
    const read = planDto(Loose).read({ any: 1, item: { name: 2, x: 3 }, at: '2026-01-02', hello: 'x' }) as Loose;
    expect(read.item).toBeInstanceOf(Item);
    expect(read).toMatchObject({ kind: 'loose', any: 1, item: { name: 2, x: 3 }, at: new Date('2026-01-02') });
    expect(read.hello()).toBe('loose');
  });

  it('answers an input nested too deeply with a problem', () => {
    const deep = (depth: number, open: string, close: string): unknown =>
      JSON.parse(open.repeat(depth) + '0' + close.repeat(depth));
    const arrays = { data: {}, extra: deep(200_000, '[', ']') };
    expect(wrong(planDto(Envelope).read(arrays))).toEqual([' depth']);
    const comments = { text: 'a', replies: [deep(100_000, '{"text":"b","replies":[', ']}')] };
    expect(wrong(planDto(Comment).read(comments))).toEqual([' depth']);
    expect(() => planDto(Loose).read(deep(100_000, '{"item":', '}'))).not.toThrow();
  });
});

describe('hasValidation', () => {
  class Inherited extends Item {}

  it('knows own and inherited rules', () => {
    expect([Item, Inherited, Loose, Object].map((dto) => hasValidation(dto))).toEqual([true, true, false, false]);
  });
});
