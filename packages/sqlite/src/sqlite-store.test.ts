import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { logSuite } from '@ionosphere/testing';
import { SqliteStore, type SqliteStoreOptions } from './index';
import { Desk, payloads, savedResource } from './store.fixture';

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
  desk.store.open();
});

afterEach(() => desk.remove());

describe('The log of a store', () => {
  let names = 0;
  logSuite('is a log', (bounds) => desk.log(`log ${++names}`, bounds));

  test('comes back as it was committed: texts and bytes, their numbers, times and keys', () => {
    const log = desk.log();
    const odd = ['', 'é😀', 'a\0b', 'x'.repeat(100_000), Uint8Array.of(0, 255), new Uint8Array(0)];
    desk.append(log, ...odd);
    log.append({ payload: 'keyed', sequence: 100, at: Date.now(), topic: 'news', key: 'price' });
    const entries = Array.from({ length: log.end }, (_, offset) => log.at(offset));
    desk.commit({ end: 100 });
    desk.restart();
    const back = desk.log();
    expect(payloads(back)).toEqual([...odd, 'keyed']);
    expect(Array.from({ length: back.end }, (_, offset) => back.at(offset))).toEqual(entries);
  });

  test('comes back without what was not committed, and no number is given twice', () => {
    const log = desk.log();
    desk.append(log, 'a', 'b');
    desk.commit();
    desk.append(log, 'lost');
    const { firstSequence } = desk.restart();
    expect(payloads(desk.log())).toEqual(['a', 'b']);
    expect(firstSequence).toBe(2);
  });

  test('forgets in the file what it forgets in memory, and knows up to where', () => {
    const log = desk.log('news', { maxMessages: 3 });
    for (const text of ['a', 'b', 'c', 'd', 'e']) {
      desk.append(log, text);
      desk.commit();
    }
    desk.restart();
    const back = desk.log('news');
    expect([payloads(back), back.forgotten]).toEqual([['c', 'd', 'e'], 1]);
    back.expire(Infinity);
    desk.commit();
    desk.restart();
    expect([payloads(desk.log()), desk.log().forgotten]).toEqual([[], 4]);
  });

  test('is cut to bounds that are smaller after the restart', () => {
    desk.append(desk.log(), 'a', 'b', 'c');
    desk.commit();
    desk.restart();
    const log = desk.log('news', { maxMessages: 2 });
    expect([payloads(log), log.forgotten]).toEqual([['b', 'c'], 0]);
    desk.append(log, 'd');
    desk.commit();
    desk.restart();
    expect(payloads(desk.log())).toEqual(['c', 'd']);
  });

  test('writes again what a commit that failed did not write', () => {
    const log = desk.log();
    desk.append(log, 'a', 'b');
    expect(() => desk.commit({ ended: [savedResource('x')], end: NaN })).toThrow("can't be used");
    desk.append(log, 'c');
    desk.commit();
    desk.restart();
    expect(payloads(desk.log())).toEqual(['a', 'b', 'c']);
  });

  test('keeps for whom a message was, and tells of a gap where each receiver was to get another', () => {
    const log = desk.log();
    const plain = { at: Date.now(), topic: 'news' };
    log.append({ ...plain, payload: 'for ann', sequence: 0, receivers: { only: ['ann'] }, view: () => 'for ann' });
    log.append({
      ...plain,
      payload: 'not for ann',
      sequence: 1,
      receivers: { except: ['ann'] },
      view: () => undefined,
    });
    desk.commit({ end: 1 });
    desk.restart();
    const back = desk.log();
    const gets = (uuid: string): unknown[] => [0, 1].map((offset) => back.at(offset).view?.({ uuid } as never));
    expect([gets('ann'), gets('bob')]).toEqual([
      ['for ann', undefined],
      [undefined, 'not for ann'],
    ]);
    expect(back.forgotten).toBe(-1);
    back.append({ ...plain, payload: '', sequence: 2, view: ({ uuid }) => uuid });
    desk.commit({ end: 2 });
    desk.restart();
    expect([desk.log().end - desk.log().start, desk.log().forgotten]).toEqual([2, 2]);
  });

  test('goes when it is dropped, and begins anew', () => {
    const log = desk.log();
    desk.append(log, 'a');
    desk.commit();
    desk.commit({ dropped: ['news'] });
    desk.append(log, 'b');
    desk.commit();
    desk.restart();
    expect(payloads(desk.log())).toEqual(['b']);
  });
});

describe('A store', () => {
  test('knows how much of what a client of an earlier run has was stored', () => {
    const first = desk.restart();
    const log = desk.log();
    desk.append(log, 'a', 'b', 'c');
    desk.commit();
    const second = desk.restart();
    expect(second.epoch).not.toBe(first.epoch);
    expect([1, 2, 7].map((sequence) => desk.store.resolve(first.epoch, sequence))).toEqual([1, 2, 2]);
    expect(desk.store.resolve('unheard', 1)).toBeUndefined();
    expect([second.end, second.settled]).toEqual([2, -1]);
  });

  test('knows where it was even if it is closed before anything was committed', () => {
    desk.append(desk.log(), 'a', 'b');
    desk.commit({ settled: 0 });
    desk.restart();
    const { firstSequence, end, settled } = desk.restart();
    expect([firstSequence, end, settled]).toEqual([2, 1, 0]);
  });

  test('gives back resources as they were saved last, without those that have ended', () => {
    const ann = savedResource('ann', { position: 7, gap: true });
    const elsewhere = savedResource('bob', { path: '/news' });
    desk.commit({ resources: [savedResource('ann'), savedResource('bob'), elsewhere, savedResource('cid')] });
    desk.commit({ resources: [ann], ended: [savedResource('bob'), ann] });
    desk.restart();
    expect([...desk.store.resources()]).toEqual([ann, elsewhere, savedResource('cid')]);
  });

  test('forgets logs that nobody asks for, when their messages are too old', () => {
    const old = desk.log('old', { maxAgeMillis: 1_000 });
    old.append({ payload: 'a', sequence: 0, at: Date.now() - 2_000, topic: 'old' });
    desk.append(desk.log('fresh'), 'b');
    desk.commit();
    desk.restart();
    expect([payloads(desk.log('old')), payloads(desk.log('fresh'))]).toEqual([[], ['b']]);
  });

  test('does not grow with what is forgotten', () => {
    const log = desk.log('news', { maxMessages: 100 });
    const size = (): number => ['', '-wal'].reduce((sum, suffix) => sum + statSync(desk.file + suffix).size, 0);
    const burst = (): void => {
      for (let turn = 0; turn < 100; turn++) {
        desk.append(log, ...Array.from({ length: 20 }, () => 'x'.repeat(500)));
        desk.commit({ resources: [savedResource(`r${turn}`)] });
        desk.commit({ ended: [savedResource(`r${turn}`)] });
      }
    };
    burst();
    burst();
    const before = size();
    for (let round = 0; round < 5; round++) burst();
    // A few pages more or less are the engine's own affair; five bursts that were kept would double it.
    expect(size()).toBeLessThan(before * 1.1);
  });

  test('can be read by its owner alone', () => {
    desk.commit();
    for (const suffix of ['', '-wal']) expect(statSync(desk.file + suffix).mode & 0o077).toBe(0);
    expect(statSync(join(desk.folder, 'data')).mode & 0o077).toBe(0);
  });
});

describe('A store says what is wrong, and what to do,', () => {
  const opening = (options: Partial<SqliteStoreOptions>) => () =>
    new SqliteStore({ file: desk.file, ...options }).open();

  test('when another process, or another app, has its file', () => {
    expect(opening({})).toThrow(
      /store\.db" can't be used: another process has it open\. Give each server a file of its own/,
    );
    expect(() => desk.store.open()).toThrow('is open already. Give each app a store of its own');
  });

  test('when the file is no database, and leaves it as it is', () => {
    const file = join(desk.folder, 'text.db');
    const text = 'This is a text, and not a short one.\n'.repeat(200);
    writeFileSync(file, text);
    expect(opening({ file })).toThrow('it is no SQLite database. Name another file');
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('when the database is of another program, or of a newer version', () => {
    const file = join(desk.folder, 'other.db');
    let other = new DatabaseSync(file);
    other.exec('CREATE TABLE bill (sum)');
    other.close();
    expect(opening({ file })).toThrow('it belongs to another program. Name another file');
    desk.store.close();
    other = new DatabaseSync(desk.file);
    other.exec('PRAGMA user_version = 2');
    other.close();
    expect(opening({})).toThrow('a newer version of @ionosphere/sqlite wrote it. Use that version');
  });

  test('when the file is damaged', () => {
    desk.append(desk.log(), ...Array.from({ length: 100 }, () => 'x'.repeat(1000)));
    desk.commit();
    desk.store.close();
    const bytes = readFileSync(desk.file);
    bytes.fill(0xff, 100, bytes.length);
    writeFileSync(desk.file, bytes);
    expect(opening({})).toThrow('it is damaged. Restore a copy, or move the file');
  });

  /** What somebody writes into the file by hand, while nobody has it open. */
  const byHand = (sql: string): void => {
    desk.store.close();
    const other = new DatabaseSync(desk.file);
    other.exec(sql);
    other.close();
  };

  test.each([
    'not JSON',
    '',
    'null',
    '{}',
    '7',
    '[]',
    '{"uuid":"ann","path":"/chat","wire":"","subscriptions":[null]}',
  ])('when the state of a resource was changed to %j', (state) => {
    desk.commit({ resources: [savedResource('ann'), savedResource('bob')] });
    byHand(`UPDATE resource SET state = '${state}' WHERE uuid = 'ann'`);
    desk.store.open();
    expect(() => desk.store.resources()).toThrow(
      `SqliteStore: "${desk.file}" can't be used: in the table resource the row with uuid "ann" and path "/chat" has a state that is not the JSON of this resource. Delete that row, or restore a copy of the file`,
    );
  });

  test('when the state of a resource is that of another one', () => {
    desk.commit({ resources: [savedResource('ann'), savedResource('bob')] });
    byHand("UPDATE resource SET state = (SELECT state FROM resource WHERE uuid = 'bob')");
    desk.store.open();
    expect(() => desk.store.resources()).toThrow('the row with uuid "ann" and path "/chat" has a state');
  });

  test.each(['not JSON', 'null', '{}', '{"only":"ann"}'])(
    'when the receivers of a message were changed to %j',
    (json) => {
      const log = desk.log();
      for (const receivers of [{ only: ['ann'] }, { except: ['ann'] }])
        log.append({ payload: 'x', sequence: log.end, at: Date.now(), topic: 'news', receivers, view: () => 'x' });
      desk.commit({ end: 1 });
      desk.restart();
      byHand(`UPDATE message SET receivers = '${json}' WHERE sequence = 1`);
      expect(opening({})).toThrow(
        `SqliteStore: "${desk.file}" can't be used: in the table message the row with sequence 1 has receivers that are not the JSON of a list of them. Delete that row, or restore a copy of the file`,
      );
    },
  );

  test('when a number is larger than any that it wrote, once', () => {
    desk.append(desk.log(), 'a');
    desk.commit();
    byHand('UPDATE run SET "end" = 9223372036854775807');
    const error = `SqliteStore: "${desk.file}" can't be used: a number in it is larger than any that is ever written. Restore a copy, or mend the row`;
    const messageOf = (work: () => void): string => {
      try {
        work();
      } catch (thrown) {
        return (thrown as Error).message;
      }
      return '';
    };
    expect(messageOf(opening({}))).toBe(error);
    // The file is free again for whoever mends it.
    byHand('UPDATE run SET "end" = 1; UPDATE log SET forgotten = 9223372036854775807');
    desk.store.open();
    expect(messageOf(() => desk.store.log('news'))).toBe(error);
  });

  test('when the file is a folder', () => {
    mkdirSync(join(desk.folder, 'folder.db'));
    expect(opening({ file: join(desk.folder, 'folder.db') })).toThrow('SqliteStore: "');
  });

  (process.getuid?.() === 0 ? test.skip : test)('when it may not be written', () => {
    desk.store.close();
    chmodSync(desk.file, 0o400);
    expect(opening({})).toThrow('it is read-only. Let the process write the file and its folder');
  });

  test('when an option is none', () => {
    expect(() => new SqliteStore({ file: '' })).toThrow(
      'SqliteStore: file is ; it must be a path such as data/ionosphere.db',
    );
    expect(() => new SqliteStore({ file: 'x', synchronous: 'off' as never })).toThrow(
      'SqliteStore: synchronous is off; it must be "normal" or "full"',
    );
    expect(existsSync('x')).toBe(false);
  });

  test('when it is used before it is open', () => {
    desk.store.close();
    expect(() => desk.store.log('news')).toThrow('is not open');
  });
});
