import { chosenFrom } from './choice';
import { chatMessage, jobs } from './jobs';

describe('chatMessage', () => {
  it('is JSON of the wanted size with one mark in it', () => {
    for (const bytes of [64, 128, 4096]) {
      const text = chatMessage(bytes);
      expect(Buffer.byteLength(text)).toBe(bytes);
      expect(text.split('^')).toHaveLength(2);
      expect(JSON.parse(text)).toHaveProperty('author', 'bench');
    }
  });
});

describe('chosenFrom', () => {
  const names = (...words: string[]) => chosenFrom(jobs, words).map(({ name }) => name);

  it('gives all jobs without a word', () => {
    expect(chosenFrom(jobs, [])).toBe(jobs);
  });

  it('takes a whole name for that job alone, else for how names begin', () => {
    expect(names('fan-1')).toEqual(['fan-1']);
    expect(names('echo')).toEqual(['echo-1', 'echo-8']);
  });

  it('keeps the order of the table, and names no job twice', () => {
    expect(names('sse', 'echo-8', 'echo')).toEqual(['echo-1', 'echo-8', 'sse']);
  });

  it('says what there is when a word names nothing', () => {
    expect(() => chosenFrom(jobs, ['pigeon'])).toThrow('There is no job "pigeon"; known are echo-1, ');
  });
});

describe('jobs', () => {
  it('fill whole bursts, so that every turn ends with all broadcasts delivered', () => {
    for (const { load, count } of jobs) if (load.mode === 'fan') expect(count % load.depth).toBe(0);
  });
});
