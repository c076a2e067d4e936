import { RoomHistory } from './room-history';

function filled(limit: number, messages: number): RoomHistory {
  const history = new RoomHistory();
  history.limit = limit;
  for (let id = 1; id <= messages; id++) history.add({ id: 'ann' }, `m${id}`, id);
  return history;
}

const ids = (history: RoomHistory, since: number): number[] => history.since(since).messages.map(({ id }) => id);

describe('A history', () => {
  it('numbers messages from 1, and keeps the last', () => {
    const history = filled(3, 10);
    expect(ids(history, 0)).toEqual([8, 9, 10]);
    expect(ids(history, 9)).toEqual([10]);
    expect(history.since(9).messages).toEqual([{ id: 10, from: { id: 'ann' }, data: 'm10', timestamp: 10 }]);
  });

  it('keeps nothing unless told to, but numbers all the same', () => {
    const history = filled(0, 4);
    expect(history.since(0)).toEqual({ messages: [], gap: true });
    expect(history.since(4)).toEqual({ messages: [], gap: false });
    expect(history.add(undefined, 'x', 5).id).toBe(5);
  });

  it('says when there is a gap', () => {
    const history = filled(3, 10);
    expect([6, 7, 10, 11].map((since) => history.since(since).gap)).toEqual([true, false, false, true]);
    expect(ids(history, 11)).toEqual([8, 9, 10]);
    expect(filled(3, 0).since(0)).toEqual({ messages: [], gap: false });
  });

  it('can be made shorter and longer', () => {
    const history = filled(5, 6);
    history.limit = 2;
    expect(ids(history, 0)).toEqual([5, 6]);
    history.limit = 3;
    history.add(undefined, 'x', 7);
    expect(ids(history, 0)).toEqual([5, 6, 7]);
    history.limit = 0;
    expect(ids(history, 0)).toEqual([]);
  });
});
