import fc from 'fast-check';
import { Inbox } from './inbox';
import { settled } from '../port.fixture';

/** A promise that the test settles. */
function deferred() {
  let resolve: (value: string) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<string>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

describe('An inbox', () => {
  it('runs synchronous work at once and gives its value, not a promise', () => {
    const inbox = new Inbox();
    expect(inbox.run(() => 'done')).toBe('done');
    expect([inbox.busy, inbox.waiting]).toEqual([false, 0]);
  });

  it('throws what synchronous work throws, and is free again', () => {
    const inbox = new Inbox();
    const failing = (): never => {
      throw new Error('boom');
    };
    expect(() => inbox.run<unknown>(failing)).toThrow('boom');
    expect(inbox.run(() => 'next')).toBe('next');
  });

  it('keeps work waiting until the promise before it has settled, in the order of arrival', async () => {
    const inbox = new Inbox();
    const first = deferred();
    const log: string[] = [];
    const results: unknown[] = [
      inbox.run(() => first.promise),
      inbox.run(() => void log.push('second')),
      inbox.run(async () => {
        await settled();
        log.push('third');
      }),
      inbox.run(() => void log.push('fourth')),
    ];
    expect([inbox.busy, inbox.waiting]).toEqual([true, 3]);
    await settled();
    expect(log).toEqual([]);
    first.resolve('first');
    await Promise.all(results);
    expect(log).toEqual(['second', 'third', 'fourth']);
    await settled();
    expect([inbox.busy, inbox.waiting]).toEqual([false, 0]);
    expect(inbox.run(() => 'sync again')).toBe('sync again');
  });

  it('goes on after a rejection and after a throw, and passes both on', async () => {
    const inbox = new Inbox();
    const first = deferred();
    const results: unknown[] = [
      inbox.run(() => first.promise),
      inbox.run(() => Promise.reject(new Error('rejected'))),
      inbox.run((): string => {
        throw new Error('thrown');
      }),
      inbox.run(() => 'fine'),
    ];
    first.reject(new Error('first'));
    const outcomes = await Promise.allSettled(results);
    expect(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? String(outcome.value) : String(outcome.reason))),
    ).toEqual(['Error: first', 'Error: rejected', 'Error: thrown', 'fine']);
    await settled();
    expect(inbox.busy).toBe(false);
  });

  it('holds the following work for a promise that is given to it', async () => {
    const inbox = new Inbox();
    const first = deferred();
    const log: string[] = [];
    expect(inbox.hold(first.promise)).toBe(first.promise);
    const later = inbox.run(() => log.push('later'));
    await settled();
    expect(log).toEqual([]);
    first.resolve('');
    await later;
    expect(log).toEqual(['later']);
  });

  it('never runs two pieces of work at a time, whatever mixture comes when', async () => {
    const piece = fc.record({ ticks: fc.nat(4), fails: fc.boolean(), gap: fc.nat(3) });
    const property = fc.asyncProperty(fc.array(piece, { maxLength: 15 }), async (pieces) => {
      const inbox = new Inbox();
      const log: string[] = [];
      const work = (index: number, ticks: number, fails: boolean): Promise<void> | undefined => {
        log.push(`begin ${index}`);
        const end = (): void => {
          log.push(`end ${index}`);
          if (fails) throw new Error('boom');
        };
        if (ticks === 0) return void end();
        return (async () => {
          for (let i = 0; i < ticks; i++) await Promise.resolve();
          end();
        })();
      };
      const results: unknown[] = [];
      for (const [index, { ticks, fails, gap }] of pieces.entries()) {
        const outcome = (async () => inbox.run(() => work(index, ticks, fails)))();
        results.push(outcome.catch(() => undefined));
        for (let i = 0; i < gap; i++) await Promise.resolve();
      }
      await Promise.all(results);
      expect(log).toEqual(pieces.flatMap((_, index) => [`begin ${index}`, `end ${index}`]));
    });
    await fc.assert(property, { numRuns: 100 });
  });
});
