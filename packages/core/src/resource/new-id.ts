/** Random bytes for so many ids are got at once: to ask for them costs more than to have them made. */
const STOCK = 256;

/** Bytes of an id. */
const BYTES = 16;

const random = new Uint8Array(STOCK * BYTES);
let used = random.length;

const digits = Buffer.from('0123456789abcdef');
const text = Buffer.alloc(36, '-');

/**
 * A new tracking id: a random UUID (RFC 9562, 5.4), 122 bits of which are from the system's generator. In one piece: one of
 * `crypto.randomUUID` is put together out of fourteen, which takes longer and would stay in memory.
 */
export function newId(): string {
  if (used === random.length) {
    crypto.getRandomValues(random);
    used = 0;
  }
  for (let index = 0, at = 0; index < BYTES; index++) {
    if (hasDash(index)) at++;
    const byte = marked(random[used + index] ?? 0, index);
    // What is somebody's secret by now is not kept.
    random[used + index] = 0;
    text[at++] = digits[byte >> 4] ?? 0;
    text[at++] = digits[byte & 15] ?? 0;
  }
  used += BYTES;
  return text.toString('latin1');
}

/** Whether there is a dash in front of a byte (RFC 9562, 4). */
function hasDash(index: number): boolean {
  return index === 4 || index === 6 || index === 8 || index === 10;
}

/** With the version, 4, and the variant (RFC 9562, 4.1 and 4.2). */
function marked(byte: number, index: number): number {
  if (index === 6) return (byte & 0x0f) | 0x40;
  return index === 8 ? (byte & 0x3f) | 0x80 : byte;
}
