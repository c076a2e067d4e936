import { pictureOf, rowsOf } from './picture';
import type { Findings } from './results';

const job = (about: string, server: string, role: string, median: number) => ({
  about,
  server,
  role,
  ratio: { median },
});

const findings = {
  jobs: [
    job('echo', 'raw uWebSockets.js', 'base', 1),
    job('echo', 'raw uWebSockets.js', 'base again', 1.01),
    job('echo', 'Ionosphere', 'framework', 1.04),
    job('echo', 'ws', 'peer', 3.5),
    job('sse', 'Ionosphere', 'framework', 1.06),
    job('sse', 'Node http', 'peer', 1.7),
  ],
  idle: [
    { job: 'm', about: 'memory', server: 'raw uWebSockets.js', resident: 1000, beyond: 0 },
    { job: 'm', about: 'memory', server: 'Ionosphere', resident: 1900, beyond: 900 },
    { job: 'c', about: 'heartbeats', server: 'raw uWebSockets.js', micros: 2, beyond: 1 },
    { job: 'c', about: 'heartbeats', server: 'Ionosphere', micros: 3, beyond: 1.5 },
  ],
} as unknown as Findings;

describe('rowsOf', () => {
  it('has one row per job, with the ratio of each server but the base', () => {
    const rows = rowsOf(findings).map(({ label, ratios }) => [label, Object.fromEntries(ratios)]);
    expect(rows).toEqual([
      ['echo', { Ionosphere: 1.04, ws: 3.5 }],
      ['sse', { Ionosphere: 1.06, 'Node http': 1.7 }],
      ['memory', { Ionosphere: 1.9 }],
      ['heartbeats', { Ionosphere: 1.5 }],
    ]);
  });
});

describe('pictureOf', () => {
  const picture = pictureOf(rowsOf(findings));

  it('names in its legend who takes part, and nobody else', () => {
    for (const server of ['Ionosphere', 'ws', 'Node http']) expect(picture).toContain(`>${server}</text>`);
    expect(picture).not.toContain('SockJS');
  });

  it('tells the figure of the framework beside each row, and has a scale up to the largest ratio', () => {
    for (const figure of ['1.04', '1.06', '1.90', '1.50']) expect(picture).toContain(`>${figure}</text>`);
    const ticks = [...picture.matchAll(/class="tick"[^>]*>(\d+)</g)].map(([, tick]) => tick);
    expect(ticks).toEqual(['1', '2']);
  });

  it('puts a larger ratio further to the right, and the same at the same place', () => {
    const at = (ratio: number): number => {
      const row = { label: 'x', ratios: new Map([['Ionosphere', ratio]]) };
      const far = { label: 'y', ratios: new Map([['ws', 40]]) };
      return Number(
        /<circle cx="([\d.]+)" cy="\d+\.\d" r="6"/.exec(
          pictureOf([row, far]).split('</style>')[1]?.split('>x<')[1] ?? '',
        )?.[1],
      );
    };
    expect(at(4) - at(2)).toBeCloseTo(at(2) - at(1), 0);
    expect(at(2)).toBeGreaterThan(at(1));
  });

  it('escapes what it is told', () => {
    expect(pictureOf([{ label: 'a < b & c', ratios: new Map() }])).toContain('a &lt; b &amp; c');
  });

  it('has colours for dark pages too', () => {
    expect(picture).toContain('prefers-color-scheme: dark');
  });
});
