import { Random } from './random.fixture';

/** What wires stumble over: delimiters, line ends, digits, characters of several bytes and code units, what ends a script. */
const pieces = ['a|b', '7|', 'é😀', '\n', '\n\n', ' x', '"\\', '</script>', '0123456789', 'data:', 'lorem ipsum '];

/** The text of a message. Who knows its number knows all of it, so a receiver sees when one character is wrong. */
export function bodyOf(id: number): string {
  const random = new Random(id);
  // One in forty fills several packets.
  const length = random.whole(1, 40) === 1 ? 800 : random.whole(0, 12);
  const filling = Array.from({ length }, () => random.pick(pieces)).join('');
  return `${id}|${filling}|${id}`;
}

/** The number of a message; undefined when the text is not one, whole. */
export function idOf(text: string): number | undefined {
  const id = Number.parseInt(text, 10);
  return Number.isInteger(id) && text === bodyOf(id) ? id : undefined;
}
