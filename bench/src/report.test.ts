import type { Series } from './measure';
import { doubtsOf, findingsOf, leadOf, tableOf } from './report';
import type { Sample } from './sample';

const job = { name: 'echo-8', about: 'echo, depth 8', unit: 'message', target: 1.25 } as const;

function series(name: string, role: Series['role'], micros: number[], load: Partial<Sample> = {}): Series {
  const rest = { bytes: 153, perSecond: 1e5, serverLoad: 1, generatorLoad: 0.4, memory: 0, startMicros: 0, ...load };
  return { name, role, samples: micros.map((each) => ({ micros: each, ...rest })) };
}

const measured = [
  series('raw', 'base', [2, 4, 3]),
  series('raw', 'base again', [2.1, 3.9, 3]),
  series('ours', 'framework', [2.4, 4.4, 3.9]),
];

describe('findingsOf', () => {
  it('compares each server with the base, round by round', () => {
    const [, , ours] = findingsOf(job, measured);
    expect(ours).toMatchObject({ server: 'ours', micros: 3.9, target: 1.25 });
    expect(ours?.ratio.median).toBeCloseTo(1.2);
    expect(ours?.ratio.best).toBeCloseTo(1.2);
  });

  it('sets no target for the base', () => {
    const [base, again] = findingsOf(job, measured);
    expect(base).not.toHaveProperty('target');
    expect(again).not.toHaveProperty('target');
  });

  it('compares a peer that had fewer rounds with the base in those', () => {
    const [, , , peer] = findingsOf(job, [...measured, series('theirs', 'peer', [6, 8])]);
    expect(peer?.ratio).toMatchObject({ median: 2.5, min: 2, max: 3, best: 3 });
    expect(peer).not.toHaveProperty('target');
  });

  it('needs a base', () => {
    expect(() => findingsOf(job, measured.slice(1))).toThrow('echo-8 has no base');
  });
});

describe('tableOf', () => {
  it('has one row per server, the ratio of the base to itself among them', () => {
    const rows = tableOf(findingsOf(job, measured)).split('\n');
    expect(rows).toHaveLength(5);
    expect(rows[2]).toContain('| **echo-8**: echo, depth 8 | raw | 3.00 / message | 1 |');
    expect(rows[3]).toContain('| raw, again (noise) | 3.00 / message | **1.00** | 0.97 | 1.05 |');
    expect(rows[4]).toContain('| ours | 3.90 / message | **1.20** | 1.10 | 1.30 | 1.20 | 153 | meets ≤ 1.25 |');
  });

  it('says when a target is missed', () => {
    const findings = findingsOf({ ...job, target: 1.15 }, measured);
    expect(tableOf(findings)).toContain('misses ≤ 1.15');
  });
});

describe('doubtsOf', () => {
  it('has no doubt while the server is what is busy', () => {
    expect(doubtsOf(findingsOf(job, measured))).toEqual([]);
  });

  it('doubts a figure for which the generator was the limit', () => {
    const slowed = [series('raw', 'base', [2], { serverLoad: 0.5, generatorLoad: 0.95 })];
    expect(doubtsOf(findingsOf(job, slowed))).toEqual([
      'echo-8, raw: the generator was 95 % busy and the server 50 %; the load was lower than meant.',
    ]);
  });
});

describe('leadOf', () => {
  const lead = (...peers: Series[]) => leadOf(findingsOf(job, [...measured, ...peers]));

  it('says nothing where no peer took part', () => {
    expect(lead()).toBe('');
  });

  it('says that the framework is ahead when it is, in the rounds of both', () => {
    expect(lead(series('theirs', 'peer', [2.5, 4.5]))).toBe('Ahead of every peer on every row.');
  });

  it('names who costs less', () => {
    expect(lead(series('theirs', 'peer', [1.2, 2.2]), series('slow', 'peer', [9]))).toBe(
      'Behind a peer: echo-8: theirs costs 50 % of it.',
    );
  });
});
