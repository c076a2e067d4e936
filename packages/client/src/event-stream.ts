/** Takes an event stream apart (HTML, "Server-sent events"). Ids and names of events are not used on this wire. */
export class EventStreamReader {
  #rest = '';
  #data: string | undefined;
  readonly #paced: (millis: number) => void;

  /** @param paced is told of each `retry:` */
  constructor(paced: (millis: number) => void) {
    this.#paced = paced;
  }

  /** The messages that are complete once `chunk` has arrived. */
  read(chunk: string): string[] {
    const messages: string[] = [];
    // A carriage return at the end may be the first half of a line's end.
    const lines = (this.#rest + chunk).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (this.#data !== undefined) messages.push(this.#data);
        this.#data = undefined;
      } else {
        this.#field(line);
      }
    }
    return messages;
  }

  #field(line: string): void {
    const match = /^(data|retry)(?:: ?|$)/.exec(line);
    if (!match) return;
    const value = line.slice(match[0].length);
    if (match[1] === 'data') this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    else if (/^\d{1,9}$/.test(value)) this.#paced(Number(value));
  }
}
