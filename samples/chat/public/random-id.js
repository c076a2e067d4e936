/** Random and unguessable; `crypto.randomUUID` exists only over TLS and on localhost. */
export function randomId() {
  return Array.from(window.crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
