/**
 * Texts that are their own JSON, but for the quotation marks around it: without quotation marks, backslashes and control
 * characters, and without surrogates, which may be halves (ECMA-262, 25.5.2.4).
 */
const unescaped = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/** Shorter texts are looked through faster than the regular expression begins, in UTF-16 code units. */
const SHORT = 32;

/**
 * What `JSON.stringify` makes of an object whose values are texts, numbers, booleans, null or undefined, in half its time;
 * undefined when it has to be asked, because the object is another one. V8 spends most of its time on each single character
 * of a text, to find that it needs no escape.
 */
export function flatJson(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !isOrdinary(value)) return undefined;
  // First, because an object with a list in it is for JSON.stringify, and no text should be read before that is known.
  const values: readonly unknown[] = Object.values(value);
  for (const each of values) if (!isScalar(each)) return undefined;
  const keys = Object.keys(value);
  // A getter may have changed what there is to read.
  if (keys.length !== values.length) return undefined;
  let json = '';
  for (let index = 0; index < keys.length; index++) {
    const each = values[index];
    if (each === undefined) continue;
    const key = keys[index] as string;
    if (!isUnescaped(key)) return undefined;
    json += `${json === '' ? '{"' : ',"'}${key}":${scalarJson(each)}`;
  }
  return json === '' ? '{}' : `${json}}`;
}

/** Neither a list, a boxed number or the like, nor one that has its own idea of its JSON. `JSON.rawJSON` makes objects without a prototype. */
function isOrdinary(value: object): boolean {
  return (
    Object.prototype.toString.call(value) === '[object Object]' &&
    (value as { toJSON?: unknown }).toJSON === undefined &&
    Object.getPrototypeOf(value) !== null
  );
}

function isScalar(value: unknown): boolean {
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' || value === undefined || value === null;
}

function scalarJson(value: unknown): string {
  if (typeof value === 'string') return isUnescaped(value) ? `"${value}"` : JSON.stringify(value);
  return typeof value === 'number' && !Number.isFinite(value) ? 'null' : String(value);
}

function isUnescaped(text: string): boolean {
  if (text.length > SHORT) return unescaped.test(text);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || (unit >= 0xd800 && unit <= 0xdfff)) return false;
  }
  return true;
}
