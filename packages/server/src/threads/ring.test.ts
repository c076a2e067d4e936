import type { Crossed, CrossedMessage } from '@ionosphere/core';
import { Ring } from './ring';

/** The rings of so many threads, which all are there. */
function rings(threads: number): [Ring, Ring, ...Ring[]] {
  const memory = Ring.memory(threads);
  const all = Array.from({ length: threads }, (_, thread) => new Ring(memory, thread));
  for (const ring of all) ring.join();
  return all as [Ring, Ring, ...Ring[]];
}

function message(payload: string | Uint8Array): CrossedMessage {
  return { act: 'broadcast', id: '/a', payload, at: 1, key: undefined, remembered: true };
}

/** What a thread reads next, if it has this ticket. */
function read(ring: Ring | undefined, ticket: number): Crossed | undefined {
  return ring?.has(ticket) ? ring.take(() => true) : undefined;
}

const textOf = (length: number, at: number): string => `${at} `.padEnd(length, 'ä€x');

describe('Ring', () => {
  it.each<Crossed>([
    { act: 'broadcast', id: '/a€', payload: 'ä€😀', at: 1721000000000, key: '😀k', remembered: true },
    { act: 'broadcast', id: '', payload: '', at: 0, key: undefined, remembered: false },
    { act: 'broadcast', id: '/b', payload: new Uint8Array([0, 124, 255]), at: 1.5, key: '', remembered: true },
    { act: 'broadcastOnResume', id: '/b', payload: 'x', at: 2, key: undefined, remembered: true },
    { act: 'resumeAll', id: '/c' },
    { act: 'destroy', id: '/c' },
  ])('gives all other threads what one wrote, once, by its ticket alone: %j', (crossed) => {
    const [one, ...others] = rings(3);
    expect(one.write(5, crossed)).toBe(true);
    for (const other of others) {
      expect(other.has(4)).toBe(false);
      expect(read(other, 5)).toEqual(crossed);
      expect(other.has(5)).toBe(false);
    }
    expect(one.has(5)).toBe(false);
  });

  it('gives nothing of a broadcaster that is not wanted, and goes on behind it', () => {
    const [one, two] = rings(2);
    one.write(1, { ...message('1'), id: '/b' });
    one.write(2, message('2'));
    expect(two.take((id) => id === '/a')).toBeUndefined();
    expect(read(two, 2)).toEqual(message('2'));
  });

  it('gives bytes that nobody writes over', () => {
    const [one, two] = rings(2);
    one.write(1, message(new Uint8Array(1000).fill(1)));
    const first = read(two, 1) as CrossedMessage;
    for (let ticket = 2; ticket < 2000; ticket++) {
      one.write(ticket, message(new Uint8Array(1000).fill(2)));
      read(two, ticket);
    }
    expect(first.payload).toEqual(new Uint8Array(1000).fill(1));
    expect((first.payload as Uint8Array).buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('loses nothing at its end, however long what is written is', () => {
    const [one, two] = rings(2);
    const payloadOf = (ticket: number): string => textOf((ticket * 7919) % 3000, ticket);
    let unread = 0;
    for (let ticket = 0; ticket < 5000; ticket++) {
      if (!one.write(ticket, message(payloadOf(ticket)))) throw new Error(`${ticket} had no room`);
      // Some of the time the reader is behind.
      if (ticket % 11 < 5) continue;
      for (; unread <= ticket; unread++)
        if ((read(two, unread) as CrossedMessage | undefined)?.payload !== payloadOf(unread))
          throw new Error(`${unread} was lost`);
    }
    expect(unread).toBeGreaterThan(4980);
  });

  it('takes no more than fits before a thread that does not read, if that is there', () => {
    const memory = Ring.memory(3);
    const [one, two, gone] = [0, 1, 2].map((thread) => new Ring(memory, thread)) as [Ring, Ring, Ring];
    for (const ring of [one, two, gone]) ring.join();
    const crossed = message('x'.repeat(10_000));
    let written = 0;
    while (one.write(written, crossed)) written++;
    expect(written).toBeGreaterThan(90);
    for (let ticket = 0; ticket < written; ticket++) expect(read(two, ticket)).toEqual(crossed);
    expect(one.write(written, crossed)).toBe(false);
    Ring.forget(memory, 2);
    expect(one.write(written, crossed)).toBe(true);
    two.leave();
    for (let count = 0; count < 500; count++) expect(one.write(count, crossed)).toBe(true);
  });

  it.each([{ id: '/\ud800' }, { payload: 'half \ude00' }, { key: '\ud83d' }])(
    'takes nothing that UTF-8 would change: %j',
    (part) => {
      const [one] = rings(2);
      expect(one.write(1, { ...message('x'), ...part })).toBe(false);
      expect(one.write(1, { ...message('x'), payload: '\ud83d\ude00' })).toBe(true);
    },
  );

  it('takes nothing that would leave the others no room', () => {
    const [one] = rings(2);
    expect(one.write(1, message('x'.repeat(1024 * 1024)))).toBe(false);
    expect(one.write(1, message(new Uint8Array(1024 * 1024)))).toBe(false);
  });
});
