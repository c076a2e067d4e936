/** An event of an event stream. */
export interface StreamEvent {
  readonly data: string;
  /** Id of the last event that had one; undefined while none had. */
  readonly lastEventId: string | undefined;
}

/** Reads an event stream as it comes (HTML, section 9.2.6), with line feeds alone, as this server writes them. */
export class EventReader {
  lastEventId: string | undefined;
  #rest = '';

  /** The events that are complete once `chunk` has arrived. */
  read(chunk: string): StreamEvent[] {
    const blocks = (this.#rest + chunk).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => this.#event(block));
  }

  #event(block: string): StreamEvent[] {
    const data: string[] = [];
    for (const line of block.split('\n')) {
      const [, field = '', value = ''] = /^([^:]*):? ?([^]*)$/.exec(line) ?? [];
      if (field === 'data') data.push(value);
      else if (field === 'id') this.lastEventId = value;
    }
    return data.length === 0 ? [] : [{ data: data.join('\n'), lastEventId: this.lastEventId }];
  }
}
