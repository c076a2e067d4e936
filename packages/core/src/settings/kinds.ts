/** What a value must be. */
export interface Wanted {
  /** Completes "it must be". */
  readonly wanted: string;
  accepts(value: unknown): boolean;
}

/** What the values of a setting are, and how a string says one. */
export interface Kind<T> extends Wanted {
  /** What a string stands for; the string itself when it stands for nothing, which `accepts` then refuses. */
  read(text: string): T | string;
}

export const flag: Kind<boolean> = {
  wanted: 'true or false',
  accepts: (value) => typeof value === 'boolean',
  read: (text) => (/^(?:true|false)$/i.test(text) ? text.toLowerCase() === 'true' : text),
};

/** Seconds, or parts of them. */
export function seconds(from: 'from 0' | 'above 0'): Kind<number> {
  return {
    wanted: `a number ${from}`,
    accepts: (value) => isNumber(value) && (from === 'from 0' ? value >= 0 : value > 0),
    read: readNumber,
  };
}

export function whole(from: 0 | 1): Kind<number> {
  return {
    wanted: `a whole number from ${from}`,
    accepts: (value) => Number.isInteger(value) && (value as number) >= from,
    read: readNumber,
  };
}

/** The seconds that uWebSockets.js can wait for a silent connection. */
export const idle: Kind<number> = {
  wanted: '0, or a whole number from 8 to 960',
  accepts: (value) => value === 0 || (Number.isInteger(value) && (value as number) >= 8 && (value as number) <= 960),
  read: readNumber,
};

export function text(wanted: string, forbidden: RegExp): Kind<string> {
  return {
    wanted,
    accepts: (value) => typeof value === 'string' && value !== '' && !forbidden.test(value),
    read: (given) => given,
  };
}

/** How many proxies there are, or which they are; whether each is an address is for the server to say. */
export const proxies: Kind<number | readonly string[]> = {
  wanted: 'a whole number from 0, or a list of addresses and networks such as 10.0.0.0/8',
  accepts: (value) =>
    (Number.isInteger(value) && (value as number) >= 0) ||
    (Array.isArray(value) &&
      value.every((item) => typeof item === 'string' && /^[\da-f.:]+(?:\/\d{1,3})?$/i.test(item))),
  read: (given) => (/^\d+$/.test(given) ? Number(given) : readList(given)),
};

/** Texts; a string has commas between them. */
export const texts: Kind<readonly string[]> = {
  wanted: 'a list of texts',
  accepts: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== ''),
  read: readList,
};

/** One of some words; a string may be in any case. */
export function oneOf<T extends string>(...words: readonly T[]): Kind<T> {
  return {
    wanted: words.map((word) => `"${word}"`).join(' or '),
    accepts: (value) => words.includes(value as T),
    read: (given) => words.find((word) => word.toLowerCase() === given.toLowerCase()) ?? given,
  };
}

/** Some of these words, one at least; a string has commas between them. */
export function listOf<T extends string>(...words: readonly T[]): Kind<readonly T[]> {
  const word = oneOf(...words);
  return {
    wanted: `a list of ${words.join(' and ')}`,
    accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((item) => word.accepts(item)),
    read: (given) => readList(given).map((item) => word.read(item) as T),
  };
}

/** Name of a query parameter of the application, or of the protocol's own for tokens. */
export const parameterName: Kind<string> = {
  wanted: "X-Atmosphere-Auth, or a name that does not begin with X-Atmo: those are the protocol's",
  accepts: (value) =>
    value === 'X-Atmosphere-Auth' || (typeof value === 'string' && value !== '' && !/^x-atmo/i.test(value)),
  read: (given) => given,
};

/**
 * Names of classes of this package. In a string Atmosphere's own name does as well, with or without the package in front.
 *
 * @param instead completes the error: what to do for a class of one's own
 */
export interface ClassNames<T extends string> {
  readonly names: readonly T[];
  /** Atmosphere's name -> the name here, where they differ. */
  readonly aliases: Readonly<Record<string, T>>;
  readonly instead: string;
}

export function className<T extends string>(known: ClassNames<T>): Kind<T> {
  return {
    wanted: `one of ${known.names.join(', ')}; ${known.instead}`,
    accepts: (value) => known.names.includes(value as T),
    read: (given) => readClass(given, known),
  };
}

export function classNames<T extends string>(known: ClassNames<T>): Kind<readonly T[]> {
  return {
    wanted: `a list of ${known.names.join(', ')}; ${known.instead}`,
    accepts: (value) => Array.isArray(value) && value.every((item) => known.names.includes(item as T)),
    read: (given) => readList(given).map((name) => readClass(name, known) as T),
  };
}

/** The same, or all of them. */
export function classNamesOrAll<T extends string>(known: ClassNames<T>): Kind<readonly T[] | 'all'> {
  const some = classNames(known);
  return { ...some, wanted: `"all", or ${some.wanted}`, accepts: (value) => value === 'all' || some.accepts(value) };
}

function readClass<T extends string>(given: string, { names, aliases }: ClassNames<T>): T | string {
  // A class of another package is another class, even when it has the same name.
  const simple = given.startsWith('org.atmosphere.') ? given.slice(given.lastIndexOf('.') + 1) : given;
  return (Object.hasOwn(aliases, simple) ? aliases[simple] : names.find((name) => name === simple)) ?? given;
}

function readList(given: string): string[] {
  return given
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function readNumber(given: string): number | string {
  return /^-?\d+(?:\.\d+)?$/.test(given) ? Number(given) : given;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
