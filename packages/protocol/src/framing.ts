/** The delimiter between a length and its text, unless configured otherwise on both ends. */
export const DEFAULT_DELIMITER = '|';

/**
 * Puts the length in front of a text: `5|hello`. The length counts UTF-16 code units (`string.length`), which is what
 * `atmosphere.js` slices by; it is neither bytes nor code points. PROTOCOL.md, "Framing".
 */
export function lengthPrefixed(text: string, delimiter: string = DEFAULT_DELIMITER): string {
  return text.length + delimiter + text;
}

/**
 * Cuts a stream of length-prefixed texts back into texts. Chunks may end anywhere; what is incomplete is kept for the
 * next call. Throws a `RangeError` when a length is not a decimal number.
 */
export class LengthPrefixReader {
  #rest = '';
  readonly #delimiter: string;

  constructor(delimiter: string = DEFAULT_DELIMITER) {
    this.#delimiter = delimiter;
  }

  /** The texts that are complete once `chunk` has arrived. */
  read(chunk: string): string[] {
    const texts: string[] = [];
    let rest = this.#rest + chunk;
    for (;;) {
      const end = rest.indexOf(this.#delimiter);
      const digits = end < 0 ? rest : rest.slice(0, end);
      if (!(end < 0 ? this.#mayBecomeLength(rest) : /^\d{1,15}$/.test(digits)))
        throw new RangeError(`a frame starts with "${digits.slice(0, 20)}", not with its length`);
      if (end < 0) break;
      const start = end + this.#delimiter.length;
      const stop = start + Number(digits);
      if (stop > rest.length) break;
      texts.push(rest.slice(start, stop));
      rest = rest.slice(stop);
    }
    this.#rest = rest;
    return texts;
  }

  /** An error page in place of frames would else be kept for ever, in the hope of a delimiter. */
  #mayBecomeLength(text: string): boolean {
    return this.#delimiter.startsWith(text.replace(/^\d{1,15}/, ''));
  }
}

/**
 * Text as an event stream can carry it: CR and CRLF end a line there too, and the reader joins lines with LF. Done
 * before a length is counted, or the length would be wrong for whoever re-joins the lines.
 */
export function eventStreamText(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

/** One unnamed event: a `data:` line per line of the text, ended by an empty line (HTML, "Server-sent events"). */
export function eventStreamEvent(text: string): string {
  return text.includes('\n')
    ? `data:${text.split('\n').map(leadingSpaceKept).join('\ndata:')}\n\n`
    : `data:${leadingSpaceKept(text)}\n\n`;
}

/** A reader drops one space after the colon, so a line that starts with a space needs a second one. */
function leadingSpaceKept(line: string): string {
  return line.charCodeAt(0) === 32 ? ` ${line}` : line;
}
