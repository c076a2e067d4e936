import assert from 'node:assert/strict';
import type { LogBounds, LogEntry, MessageLog } from '@ionosphere/core';
import { runnerOr, type TestRunner } from './harness';

const roomy: LogBounds = { maxMessages: 1000, maxBytes: 1_000_000, maxAgeMillis: 60_000 };

type Make = (bounds: LogBounds) => MessageLog;

/** A log with these messages, one per millisecond from 0 on. */
function filled(make: Make, bounds: Partial<LogBounds>, payloads: readonly LogEntry['payload'][]): MessageLog {
  const log = make({ ...roomy, ...bounds });
  payloads.forEach((payload, index) => log.append({ payload, sequence: index * 2, at: index }));
  return log;
}

function payloads(log: MessageLog): LogEntry['payload'][] {
  return Array.from({ length: log.end - log.start }, (_, index) => log.at(log.start + index).payload);
}

const behaviours: readonly (readonly [title: string, proof: (make: Make) => void])[] = [
  [
    'is empty at first',
    (make) => {
      const log = make(roomy);
      assert.equal(log.end, log.start);
    },
  ],
  [
    'gives each message the next offset, and gives it back whole',
    (make) => {
      const log = make(roomy);
      const bytes = Uint8Array.of(0, 255);
      const entries = [
        { payload: 'one', sequence: 7, at: 100 },
        { payload: bytes, sequence: 9, at: 100 },
      ];
      for (const entry of entries) {
        const offset = log.end;
        log.append(entry);
        assert.equal(log.end, offset + 1);
        assert.deepEqual(log.at(offset), entry);
      }
    },
  ],
  [
    'refuses an offset that it does not have',
    (make) => {
      const log = filled(make, { maxMessages: 2 }, ['a', 'b', 'c']);
      for (const offset of [log.start - 1, log.end, -1, log.end + 100]) assert.throws(() => log.at(offset), RangeError);
    },
  ],
  [
    'keeps the newest messages up to the number',
    (make) => assert.deepEqual(payloads(filled(make, { maxMessages: 2 }, ['a', 'b', 'c', 'd'])), ['c', 'd']),
  ],
  [
    'keeps the newest messages up to the bytes',
    (make) => {
      assert.deepEqual(payloads(filled(make, { maxBytes: 6 }, ['aaaa', 'bbb', 'ccc'])), ['bbb', 'ccc']);
      assert.deepEqual(payloads(filled(make, { maxBytes: 6 }, ['aaaa', 'b', 'ccccc'])), ['b', 'ccccc']);
    },
  ],
  [
    'keeps the newest message however large it is',
    (make) => assert.deepEqual(payloads(filled(make, { maxBytes: 3 }, ['a', 'far too large'])), ['far too large']),
  ],
  [
    'forgets what is too old when a message comes',
    (make) => assert.deepEqual(payloads(filled(make, { maxAgeMillis: 2 }, ['a', 'b', 'c', 'd', 'e'])), ['c', 'd', 'e']),
  ],
  [
    'forgets what is too old when it is told the time',
    (make) => {
      const log = filled(make, { maxAgeMillis: 10 }, ['a', 'b', 'c']);
      log.expire(11);
      assert.deepEqual(payloads(log), ['b', 'c']);
      log.expire(1000);
      assert.deepEqual(payloads(log), []);
    },
  ],
  [
    'forgets all when it is told to, also what it keeps for good',
    (make) => {
      const log = filled(make, { maxAgeMillis: Infinity }, ['a', 'b']);
      log.expire(Number.MAX_VALUE);
      assert.deepEqual(payloads(log), ['a', 'b']);
      log.expire(Infinity);
      assert.deepEqual(payloads(log), []);
    },
  ],
  [
    'never gives an offset twice, not even when all is forgotten',
    (make) => {
      const log = filled(make, { maxAgeMillis: 10 }, ['a', 'b', 'c']);
      const { end } = log;
      log.expire(1000);
      assert.deepEqual([log.start, log.end], [end, end]);
      log.append({ payload: 'd', sequence: 9, at: 1000 });
      assert.equal(log.at(end).payload, 'd');
      assert.throws(() => log.at(end - 1), RangeError);
    },
  ],
  [
    'is right after many messages',
    (make) => {
      const log = make({ ...roomy, maxMessages: 100 });
      const { start } = log;
      for (let index = 0; index < 5000; index++) {
        log.append({ payload: `${index}`, sequence: index, at: 0 });
        assert.equal(log.start, start + Math.max(0, index - 99));
        assert.equal(log.at(log.start).payload, `${Math.max(0, index - 99)}`);
        assert.equal(log.at(log.end - 1).payload, `${index}`);
      }
    },
  ],
];

/** Registers the tests that every message log must pass. */
export function logSuite(name: string, make: Make, runner?: TestRunner): void {
  const { describe, test } = runnerOr(runner);
  describe(name, () => {
    for (const [title, proof] of behaviours) test(title, () => proof(make));
  });
}
