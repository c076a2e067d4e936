import { Ring } from './ring';

/** The rings of so many threads, which all are there. */
function rings(threads: number): Ring[] {
  const memory = Ring.memory(threads);
  return Array.from({ length: threads }, (_, thread) => {
    const ring = new Ring(memory, thread);
    ring.join();
    return ring;
  });
}

const textOf = (length: number, at: number): string => `${at} `.padEnd(length, 'ä€x');

describe('Ring', () => {
  it('gives all other threads what one wrote, text and bytes, by its ticket alone', () => {
    const [one, two, three] = rings(3) as [Ring, Ring, Ring];
    const bytes = Buffer.from([0, 255, 7]).subarray(1);
    expect(one.write(5, { text: 'ä€😀', bytes })).toBe(true);
    for (const other of [two, three]) {
      expect(other.read(4)).toBeUndefined();
      expect(other.read(5)).toEqual({ text: 'ä€😀', bytes: new Uint8Array([255, 7]) });
      expect(other.read(5)).toBeUndefined();
    }
    expect(one.read(5)).toBeUndefined();
  });

  it('gives bytes that nobody writes over', () => {
    const [one, two] = rings(2) as [Ring, Ring];
    one.write(1, { text: '', bytes: new Uint8Array(1000).fill(1) });
    const bytes = two.read(1)?.bytes;
    for (let ticket = 2; ticket < 5000; ticket++) {
      one.write(ticket, { text: '', bytes: new Uint8Array(1000).fill(2) });
      two.read(ticket);
    }
    expect(bytes?.buffer).toBeInstanceOf(ArrayBuffer);
    expect(bytes?.every((byte) => byte === 1)).toBe(true);
  });

  it('loses nothing at its end, however long what is written is', () => {
    const [one, two] = rings(2) as [Ring, Ring];
    let unread = 0;
    for (let ticket = 0; ticket < 20_000; ticket++) {
      const text = textOf((ticket * 7919) % 3000, ticket);
      const bytes = ticket % 5 === 0 ? Buffer.alloc(ticket % 1000, ticket) : undefined;
      expect(one.write(ticket, { text, bytes })).toBe(true);
      // Some of the time the reader is behind.
      if (ticket % 11 < 5) continue;
      for (; unread <= ticket; unread++) {
        const parcel = two.read(unread);
        if (parcel?.text !== textOf((unread * 7919) % 3000, unread)) throw new Error(`${unread} was lost`);
        if (unread % 5 === 0) expect(parcel.bytes).toEqual(new Uint8Array(Buffer.alloc(unread % 1000, unread)));
      }
    }
    expect(unread).toBeGreaterThan(19_990);
  });

  it('takes no more than fits before a thread that does not read, but for threads that are there alone', () => {
    const memory = Ring.memory(3);
    const [one, two, gone] = [0, 1, 2].map((thread) => new Ring(memory, thread)) as [Ring, Ring, Ring];
    for (const ring of [one, two, gone]) ring.join();
    const parcel = { text: 'x'.repeat(1000), bytes: undefined };
    let written = 0;
    while (one.write(written, parcel)) written++;
    expect(written).toBeGreaterThan(1000);
    for (let ticket = 0; ticket < written; ticket++) expect(two.read(ticket)).toEqual(parcel);
    expect(one.write(written, parcel)).toBe(false);
    expect(gone.read(0)).toEqual(parcel);
    Ring.forget(memory, 2);
    expect(one.write(written, parcel)).toBe(true);
    two.leave();
    for (let count = 0; count < 5000; count++) expect(one.write(count, parcel)).toBe(true);
  });

  it('takes nothing that would leave the others no room', () => {
    const [one] = rings(2) as [Ring, Ring];
    expect(one.write(1, { text: 'x'.repeat(1024 * 1024), bytes: undefined })).toBe(false);
    expect(one.write(1, { text: '', bytes: new Uint8Array(1024 * 1024) })).toBe(false);
  });
});
