import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { idleJobs } from './idle';
import { chatMessage, jobs } from './jobs';

const contenders = [
  ...jobs.flatMap(({ base, framework, peers }) => [base, framework, ...peers]),
  ...idleJobs.flatMap((job) => job.contenders),
];

describe('Contenders', () => {
  it('have their programs where they are said to be', () => {
    for (const { program } of contenders) {
      const source = program.replace(/^dist\/(.*)\.js$/, 'src/$1.ts');
      expect([source, existsSync(join(__dirname, '..', source))]).toEqual([source, true]);
    }
  });

  it('send messages with the mark in them once, whatever is around', () => {
    for (const { dialect } of contenders)
      if (dialect) expect(dialect.wrap(chatMessage(), 'echo').split('^')).toHaveLength(2);
  });
});

describe('Jobs', () => {
  it('say in few words what they are, so that the picture has room', () => {
    for (const { about } of [...jobs, ...idleJobs]) expect(about.length).toBeLessThanOrEqual(46);
  });
});
