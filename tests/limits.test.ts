import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { failures } from '@ionosphere/protocol';
import { defaultConfig } from '@ionosphere/server';
import { limitTable } from '../packages/core/src/limits/limits';

type Limit = keyof typeof limitTable;
const text = readFileSync(join(resolve(__dirname, '..'), 'docs', 'limits.md'), 'utf8');
const code = (value: string | number): string => `\`${value}\``;

/** What the row of a limit must say; undefined when it says more about another one. */
function row(name: Limit): string[] | undefined {
  const told = limitTable[name];
  if (typeof told === 'object' && 'of' in told) return undefined;
  const begin = [code(name), code(defaultConfig[name])];
  if (typeof told === 'object') return [...begin, '', told.native, '', ''];
  const { status, close } = failures[told];
  return [...begin, code(told), String(status), String(close), code(`limits.${name}`)];
}

describe('docs/limits.md', () => {
  it('has a row for each limit and none besides: default, failure, status, close code and counter', () => {
    const section = text.split('\n## What a client is told\n')[1]?.split('\n## ')[0] ?? '';
    const rows = section
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    const limits = Object.keys(limitTable) as Limit[];
    expect(rows).toEqual(limits.map(row).filter((one) => one !== undefined));
  });

  it('names every limit that says more about another', () => {
    const parts = (Object.keys(limitTable) as Limit[]).filter((name) => !row(name));
    expect(parts.filter((name) => !text.includes(code(name)))).toEqual([]);
  });
});
