import 'reflect-metadata';
import { IsBoolean, IsInt, IsOptional, IsString, Length, validateSync } from 'class-validator';
import fc from 'fast-check';
import { planDto } from './dto';

class Line {
  @IsString() author!: string;
  @IsOptional() @IsInt() size?: number;
  @IsBoolean() bold = true;
  @Length(2, 4) text!: string;
}

const plan = planDto(Line);

const values = {
  author: fc.constantFrom<unknown>('Ada', 'Bob', 5),
  size: fc.constantFrom<unknown>(1, 2.5, null),
  bold: fc.constantFrom<unknown>(false, true, 'yes'),
  text: fc.constantFrom<unknown>('ab', 'abc', 'abcdef', 'a', '\u{1f600}b'),
  other: fc.constant<unknown>('unknown'),
};

/** Some of these properties, in any order. */
const inputs = fc
  .tuple(fc.shuffledSubarray(Object.keys(values)), fc.record(values))
  .map(([keys, all]) => Object.fromEntries(keys.map((key) => [key, all[key as keyof typeof all]])));

/** What is read, by class-validator. */
function expected(input: object): Line | undefined {
  const line = Object.assign(new Line(), input);
  const problems = validateSync(line, { whitelist: true, forbidNonWhitelisted: true });
  return problems.length === 0 ? line : undefined;
}

describe('A plan for several properties', () => {
  it('reads them in whatever order they come, with any of them missing, and refuses others', () => {
    expect(plan.compiled).toBe(true);
    const seen = { read: 0, refused: 0 };
    fc.assert(
      fc.property(inputs, (input) => {
        const wanted = expected(input);
        const read = plan.read(input);
        seen[wanted ? 'read' : 'refused']++;
        if (wanted) expect(read).toEqual(wanted);
        else expect(read).not.toBeInstanceOf(Line);
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(20);
  });

  it('fills instances in the order of the class, so that all have one shape', () => {
    const orders = [
      { author: 'Ada', size: 1, bold: true, text: 'ab' },
      { text: 'ab', bold: true, size: 1, author: 'Ada' },
      { author: 'Ada', text: 'ab', size: 1, bold: true },
    ].map((input) => Object.keys(plan.read(input)));
    expect(new Set(orders.map(String))).toEqual(new Set(['bold,author,size,text']));
  });
});
