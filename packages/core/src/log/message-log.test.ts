import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { MemoryLog, type LogEntry } from './message-log';

const unbounded = { maxMessages: Infinity, maxBytes: Infinity, maxAgeMillis: Infinity };
const entry = (payload: string, at = 0): LogEntry => ({ payload, sequence: 0, at });

/** What a log still has, with the offset of the first. */
function content(log: MemoryLog): [number, ...string[]] {
  const payloads = Array.from({ length: log.end - log.start }, (_, index) => String(log.at(log.start + index).payload));
  return [log.start, ...payloads];
}

describe('A log in memory', () => {
  it('lets go of what it forgets', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const log = new MemoryLog({ ...unbounded, maxMessages: 3 });
    const appended = (): WeakRef<Buffer> => {
      const payload = Buffer.from('x');
      log.append({ payload, sequence: 0, at: 0 });
      return new WeakRef(payload);
    };
    const payloads = Array.from({ length: 4 }, appended);
    // A weak reference holds what it was made of until the turn ends.
    await new Promise(setImmediate);
    collect();
    expect(payloads.map((payload) => payload.deref() !== undefined)).toEqual([false, true, true, true]);
  });

  it('begins empty, at offset 0', () => {
    const log = new MemoryLog(unbounded);
    expect([log.start, log.end]).toEqual([0, 0]);
    expect(() => log.at(0)).toThrow('offset 0 is not in the log, which has 0 to 0');
  });

  it('gives messages their numbers as offsets', () => {
    const log = new MemoryLog(unbounded);
    for (const payload of ['a', 'b', 'c']) log.append(entry(payload));
    expect(content(log)).toEqual([0, 'a', 'b', 'c']);
  });

  it('forgets the oldest beyond its number of messages, and keeps the offsets of the others', () => {
    const log = new MemoryLog({ ...unbounded, maxMessages: 3 });
    for (const payload of ['a', 'b', 'c', 'd', 'e']) log.append(entry(payload));
    expect(content(log)).toEqual([2, 'c', 'd', 'e']);
    expect([log.at(2).payload, log.at(4).payload]).toEqual(['c', 'e']);
  });

  it.each([-1, 1, 5, 1.5, Number.NaN])('has nothing at offset %p outside of what it keeps', (offset) => {
    const log = new MemoryLog({ ...unbounded, maxMessages: 3 });
    for (const payload of ['a', 'b', 'c', 'd', 'e']) log.append(entry(payload));
    expect(() => log.at(offset)).toThrow(RangeError);
  });

  it('forgets the oldest beyond its size, but never the newest', () => {
    const log = new MemoryLog({ ...unbounded, maxBytes: 5 });
    for (const payload of ['aa', 'bb', 'cc']) log.append(entry(payload));
    expect(content(log)).toEqual([1, 'bb', 'cc']);
    log.append(entry('much too large'));
    expect(content(log)).toEqual([3, 'much too large']);
    log.append(entry('x'));
    expect(content(log)).toEqual([4, 'x']);
  });

  it('forgets what is too old, as others come or as it is told the time', () => {
    const log = new MemoryLog({ ...unbounded, maxAgeMillis: 100 });
    log.append(entry('a', 0));
    log.append(entry('b', 100));
    expect(content(log)).toEqual([0, 'a', 'b']);
    log.append(entry('c', 101));
    expect(content(log)).toEqual([1, 'b', 'c']);
    log.expire(1000);
    expect([log.start, log.end]).toEqual([3, 3]);
    log.append(entry('d', 1000));
    expect(content(log)).toEqual([3, 'd']);
  });

  it('counts bytes as bytes and text as UTF-16 code units', () => {
    const log = new MemoryLog({ ...unbounded, maxBytes: 4 });
    log.append({ payload: new Uint8Array(3), sequence: 0, at: 0 });
    log.append(entry('é'));
    expect(log.start).toBe(0);
    log.append(entry('x'));
    expect(log.start).toBe(1);
  });

  it('knows which messages stay when one more comes', () => {
    const bounds = fc.record({
      maxMessages: fc.integer({ min: 1, max: 5 }),
      maxBytes: fc.integer({ min: 1, max: 12 }),
      maxAgeMillis: fc.constant(Infinity),
    });
    const texts = fc.array(fc.string({ maxLength: 6 }), { maxLength: 20 });
    const property = fc.property(bounds, texts, (limits, payloads) => {
      const log = new MemoryLog(limits);
      for (const payload of payloads) {
        const offsets = Array.from({ length: log.end - log.start }, (_, index) => log.start + index);
        const told = offsets.filter((offset) => log.keeps(offset, payload.length));
        log.append(entry(payload));
        expect(told).toEqual(offsets.filter((offset) => offset >= log.start));
      }
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('behaves like a list that is cut at the front', () => {
    const step = fc.oneof(
      fc.record({ append: fc.string({ maxLength: 6 }), wait: fc.nat(20) }),
      fc.record({ expire: fc.nat(40) }),
    );
    const bounds = fc.record({
      maxMessages: fc.integer({ min: 1, max: 5 }),
      maxBytes: fc.integer({ min: 1, max: 12 }),
      maxAgeMillis: fc.integer({ min: 1, max: 60 }),
    });
    const property = fc.property(bounds, fc.array(step, { maxLength: 60 }), (limits, steps) => {
      const log = new MemoryLog(limits);
      let kept: LogEntry[] = [];
      let appended = 0;
      let now = 0;
      for (const one of steps) {
        if ('append' in one) {
          now += one.wait;
          const added = entry(one.append, now);
          log.append(added);
          appended++;
          kept.push(added);
          while (kept.length > limits.maxMessages) kept.shift();
          while (kept.length > 1 && kept.reduce((sum, { payload }) => sum + payload.length, 0) > limits.maxBytes)
            kept.shift();
        } else {
          now += one.expire;
          log.expire(now);
        }
        kept = kept.filter(({ at }) => now - at <= limits.maxAgeMillis);
        expect([log.start, log.end]).toEqual([appended - kept.length, appended]);
        expect(kept.every((known, index) => log.at(log.start + index) === known)).toBe(true);
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
});
