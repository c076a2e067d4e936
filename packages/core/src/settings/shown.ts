/** More than this of a value tells nobody what is wrong with it. */
const MOST_LETTERS = 200;

/** A value as an error shows it: what was written, as far as that can be told. */
export function shown(value: unknown): string {
  const text = written(value);
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}...` : text;
}

function written(value: unknown): string {
  if (typeof value === 'function') return isClass(value) ? `the class ${value.name}` : 'a function';
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const { constructor: type } = value as { readonly constructor?: unknown };
  if (typeof type === 'function' && type !== Object) return `an object of ${type.name}`;
  try {
    return JSON.stringify(value);
  } catch {
    return 'an object';
  }
}

function isClass(value: object): value is { readonly name: string } {
  return Function.prototype.toString.call(value).startsWith('class');
}
