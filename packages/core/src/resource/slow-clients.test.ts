import { MemoryLog } from '../log/message-log';
import { coalesce, isDropped, thin, type Backlog, type SlowClients } from './slow-clients';

/** A log with a message per key, and one that begins with `dot` without. */
function backlog(keys: string, cursor = 0): Backlog & { cursor: number; dropped: Backlog['dropped'] } {
  const log = new MemoryLog({ maxMessages: Infinity, maxBytes: Infinity, maxAgeMillis: Infinity });
  [...keys].forEach((key, sequence) =>
    log.append({ payload: key, sequence, at: 0, key: key === '.' ? undefined : key }),
  );
  return {
    log,
    cursor,
    dropped: undefined,
    get end() {
      return log.end;
    },
  };
}

/** Offsets of what is left for the client, and whether it has a gap. */
function left(of: ReturnType<typeof backlog>, policy: SlowClients, max: number): [number[], boolean] {
  const thinned = thin(of, policy, max);
  of.dropped = thinned?.dropped ?? of.dropped;
  const offsets = Array.from({ length: of.log.end - of.cursor }, (_, index) => of.cursor + index);
  return [offsets.filter((offset) => !isDropped(of, offset)), thinned?.gap ?? false];
}

describe('What a slow client gets', () => {
  it.each(['lag', 'disconnect'] as const)('is everything with %s', (policy) => {
    expect(left(backlog('aaaaa'), policy, 2)).toEqual([[0, 1, 2, 3, 4], false]);
  });

  it('is the newest with drop-oldest, the oldest with drop-newest, and then it has a gap', () => {
    expect(left(backlog('aaaaa', 1), 'drop-oldest', 2)).toEqual([[3, 4], true]);
    expect(left(backlog('aaaaa', 1), 'drop-newest', 2)).toEqual([[1, 2], true]);
  });

  it.each(['drop-oldest', 'drop-newest'] as const)(
    'is all that there is with %s while it is not too much',
    (policy) => {
      expect(left(backlog('aaa'), policy, 3)).toEqual([[0, 1, 2], false]);
      expect(left(backlog(''), policy, 3)).toEqual([[], false]);
    },
  );

  it('is the newest of each key, and what has none, with coalesce: nothing is missed', () => {
    const byKey = coalesce((message: string) => message);
    expect(left(backlog('ab.a.cb'), byKey, 1)).toEqual([[2, 3, 4, 5, 6], false]);
  });

  it('does not come back when it was dropped, however often the connection is full', () => {
    const of = backlog('aaaaa');
    expect(left(of, 'drop-newest', 2)).toEqual([[0, 1], true]);
    of.cursor = 1;
    [5, 6].forEach((sequence) => of.log.append({ payload: 'b', sequence, at: 0 }));
    expect(left(of, 'drop-newest', 2)).toEqual([[1, 5], true]);
    of.cursor = 5;
    expect(left(of, 'drop-newest', 2)).toEqual([[5], false]);
  });
});
