import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { foreignKeys, type ForeignKey } from '../packages/core/src/settings/foreign';
import { isLimit } from '../packages/core/src/limits/limits';
import { settings, type AtmosphereKey, type Setting } from '../packages/core/src/settings/table';

const text = readFileSync(join(resolve(__dirname, '..'), 'docs', 'configuration.md'), 'utf8');

/** Rows of the table under a heading: cells, with their backticks. */
function rows(heading: string): string[][] {
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
}

const all = Object.entries<Setting<unknown>>(settings);
const code = (value: string): string => `\`${value}\``;

function keyCell({ key, unit, only }: AtmosphereKey): string {
  const note = unit ?? (only?.['true'] === false ? 'opposite' : undefined);
  return note === undefined ? code(key) : `${code(key)} (${note})`;
}

function valueCell(value: unknown): string {
  if (!Array.isArray(value)) return code(String(value));
  return value.length === 0 ? 'none' : code(value.join());
}

describe('docs/configuration.md', () => {
  it.each(['Settings', 'Limits'])(
    'has a row for each of the %s and none besides: keys, units, and default',
    (heading) => {
      const table = all
        .filter(([name]) => isLimit(name) === (heading === 'Limits'))
        .map(([name, { keys, value }]) => [code(name), Object.values(keys).map(keyCell).join(', '), valueCell(value)]);
      expect(rows(heading).map((row) => row.slice(0, 3))).toEqual(table);
    },
  );

  it('says what each setting means, and which are the same for all services', () => {
    const meanings = [...rows('Settings'), ...rows('Limits')].map(([name, , , meaning = '']) => ({ name, meaning }));
    expect(meanings.filter(({ meaning }) => meaning.length < 10)).toEqual([]);
    const appWide = all.filter(([, setting]) => setting.appWide).map(([name]) => code(name));
    const said = meanings.filter(({ meaning }) => meaning.endsWith('Of the app')).map(({ name }) => name);
    expect(said.sort()).toEqual(appWide.sort());
  });

  it('has a row for every key that sets nothing and none besides, with what it accepts and the reason', () => {
    const table = Object.values<ForeignKey>(foreignKeys).map(({ key, accepts, because }) => [
      code(key),
      accepts.map(code).join(', '),
      because,
    ]);
    expect(rows('Keys that set nothing')).toEqual(table);
  });
});
