import { Outbox } from './outbox';

function made(size = 1000) {
  const failed: [string, string][] = [];
  const outbox = new Outbox(size, (key, { code }) => failed.push([key, code]));
  const add = (key: string, repeatable = false): void => outbox.add({ key, payload: key, repeatable });
  /** Sends all that may be sent. */
  const flush = (): string[] => {
    const sent: string[] = [];
    for (let next = outbox.next(); next; next = outbox.next()) {
      outbox.sent(next);
      sent.push(String(next.payload));
    }
    return sent;
  };
  return { outbox, failed, add, flush };
}

describe('What waits to be sent', () => {
  it('goes in order, and again in that order when the connection broke before the reply', () => {
    const { outbox, add, flush } = made();
    for (const key of ['a', 'b', 'c']) add(key);
    expect(flush()).toEqual(['a', 'b', 'c']);
    outbox.settle('b');
    outbox.disconnected();
    add('d');
    expect(flush()).toEqual(['a', 'c', 'd']);
  });

  it('is there once, however often a tab gives it', () => {
    const { add, flush } = made();
    add('a');
    add('a');
    expect(flush()).toEqual(['a']);
  });

  it('is sent no more than 128 without a reply', () => {
    const { outbox, add, flush } = made();
    for (let index = 0; index < 130; index++) add(`${index}`);
    expect(flush()).toHaveLength(128);
    outbox.settle('0');
    expect(flush()).toEqual(['128']);
  });

  it('is bounded, and what does not fit is refused', () => {
    const { add, failed } = made(2);
    for (const key of ['a', 'b', 'c']) add(key);
    expect(failed).toEqual([['c', 'outbox-full']]);
  });

  it('is given up when it was sent and the server has forgotten the client, unless it may be handled twice', () => {
    const { outbox, add, flush, failed } = made();
    add('once');
    add('any', true);
    flush();
    outbox.disconnected();
    add('unsent');
    outbox.forgotten();
    expect(failed).toEqual([['once', 'outcome-unknown']]);
    expect(flush()).toEqual(['any', 'unsent']);
  });

  it('is given up after five connections that broke with it', () => {
    const { outbox, add, flush, failed } = made();
    add('poison');
    for (let round = 0; round < 5; round++) {
      expect(flush()).toEqual(['poison']);
      outbox.disconnected();
    }
    expect(failed).toEqual([['poison', 'undeliverable']]);
    expect(outbox.length).toBe(0);
  });

  it('waits again when the server would not have it for now, and that counts for nothing', () => {
    const { outbox, add, flush, failed } = made();
    add('a');
    for (let round = 0; round < 9; round++) {
      expect(flush()).toEqual(['a']);
      expect(outbox.refused('a')).toBe(true);
    }
    expect(failed).toEqual([]);
    expect(outbox.refused('unknown')).toBe(false);
  });
});
