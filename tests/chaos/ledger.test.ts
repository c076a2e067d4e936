import type { ClientHistory, Holder, Promised, Receipt, Said, ServerNote } from './history.fixture';
import { judge, type Violation } from './ledger.fixture';

const WINDOW = 4000;

/** Writes down a history by hand: what one server did, and what the client "ada" says that it got. */
class Scene {
  readonly notes: ServerNote[];
  readonly harmed = new Map<number, number>();
  readonly slowed = new Map<number, number>();
  at = 0;

  constructor(durable = false) {
    this.notes = [{ note: 'run', run: 1, durable, killed: false }];
  }

  connects(attempt: number, uuid: string, facts: { asked?: string; fresh?: boolean; gap?: boolean } = {}): this {
    const { asked, fresh = false, gap = false } = facts;
    const { at } = this;
    this.notes.push({ note: 'connect', client: 'ada', attempt, uuid, asked, fresh, at });
    this.notes.push({ note: 'ready', client: 'ada', attempt, recovered: !fresh && !gap, gap });
    return this.held(attempt);
  }

  held(by: Holder): this {
    this.notes.push({ note: 'held', client: 'ada', by, at: this.at });
    return this;
  }

  sends(...ids: number[]): this {
    for (const id of ids) this.notes.push({ note: 'send', id, topic: 'news', at: this.at });
    return this;
  }

  /** The durable server promises messages. */
  promises(...ids: number[]): this {
    for (const id of ids) this.notes.push({ note: 'safe', id });
    return this;
  }

  after(millis: number): this {
    this.at += millis;
    return this;
  }

  harms(attempt: number): this {
    this.harmed.set(attempt, this.at);
    return this;
  }

  restarts(durable = false, killed = true): this {
    const run = this.notes.filter(({ note }) => note === 'run').length + 1;
    this.notes.push({ note: 'run', run, durable, killed });
    return this;
  }

  hears(text: string): this {
    this.notes.push({ note: 'heard', client: 'ada', text });
    return this;
  }

  /** What the ledger finds, when the client got messages as `attempt:id`. */
  verdict(
    received: readonly string[],
    promised: Promised = 'at-most-once',
    more: Partial<ClientHistory> = {},
  ): Violation['what'][] {
    const { harmed, slowed } = this;
    const client: ClientHistory = {
      ...{
        client: 'ada',
        kind: 'by hand',
        promised,
        polls: false,
        topics: ['news'],
        garbage: [],
        said: [],
        harmed,
        slowed,
      },
      received: received.map(receipt),
      ...more,
    };
    return judge({ server: this.notes, clients: [client], windowMillis: WINDOW }).map(({ what }) => what);
  }
}

function receipt(text: string): Receipt {
  const [attempt = 0, id = 0] = text.split(':').map(Number);
  return { attempt, id };
}

function connected(): Scene {
  return new Scene().connects(1, 'u', { fresh: true });
}

const all: readonly Promised[] = ['exactly-once', 'at-most-once', 'at-least-once', 'at-least-once, polling'];

describe.each(all)('The ledger of a client that is promised %s', (promised) => {
  it('has nothing to say when everything came once and in order', () => {
    expect(connected().sends(1, 2, 3).verdict(['1:1', '1:2', '1:3'], promised)).toEqual([]);
  });

  it('expects nothing from before its first connection, of other topics, or of others', () => {
    const scene = new Scene().sends(1).connects(1, 'u', { fresh: true });
    scene.notes.push({ note: 'send', id: 2, topic: 'elsewhere', at: 0 });
    expect(scene.verdict([], promised)).toEqual([]);
    expect(scene.verdict(['1:1'], promised)).toEqual(['foreign']);
    expect(scene.verdict(['1:2'], promised)).toEqual(['foreign']);
  });

  it('sees a message that is missing between two of one connection', () => {
    expect(connected().sends(1, 2, 3).verdict(['1:1', '1:3'], promised)).toEqual(['lost']);
  });

  it('sees a hole in one connection that was broken later', () => {
    const scene = connected().sends(1, 2, 3).harms(1).connects(2, 'u', { asked: 'u' }).sends(4);
    expect(scene.verdict(['1:1', '1:3', '2:4'], promised)).toEqual(['lost']);
  });

  it('sees that the last message is missing, whatever was broken', () => {
    expect(connected().sends(1, 2).harms(1).verdict(['1:1'], promised)).toEqual(['lost']);
  });

  it('sees a message that came twice over one connection', () => {
    expect(connected().sends(1, 2).verdict(['1:1', '1:1', '1:2'], promised)).toEqual(['doubled']);
  });

  it('sees two messages that changed places', () => {
    expect(connected().sends(1, 2).verdict(['1:2', '1:1'], promised)).toEqual(['reordered']);
  });

  it('sees a message that was sent while the resource was away, and did not come', () => {
    const scene = connected().sends(1).harms(1).held('away').sends(2).connects(2, 'u', { asked: 'u' }).sends(3);
    expect(scene.verdict(['1:1', '2:3'], promised)).toEqual(['lost']);
    expect(scene.verdict(['1:1', '2:2', '2:3'], promised)).toEqual([]);
  });

  it('sees a message that is missing although no connection was broken', () => {
    const scene = connected().sends(1, 2).connects(2, 'u', { asked: 'u' }).sends(3);
    expect(scene.verdict(['1:1', '2:3'], promised)).toEqual(['lost']);
  });

  it('lets a gap pass that was told, and only where it was told', () => {
    const away = (): Scene => connected().sends(1).held('away').sends(2);
    expect(away().connects(2, 'u', { asked: 'u', gap: true }).sends(3).verdict(['1:1', '2:3'], promised)).toEqual([]);
    const late = away().connects(2, 'u', { asked: 'u', gap: true }).sends(3, 4);
    expect(late.verdict(['1:1', '2:4'], promised)).toEqual(['lost']);
  });

  it('lets a gap pass that a poll brought and the next poll told', () => {
    const late = connected().sends(1, 2).connects(2, 'u', { asked: 'u', gap: true }).sends(3);
    expect(late.verdict(['1:2', '2:3'], promised, { polls: true })).toEqual([]);
    expect(late.verdict(['1:2', '2:3'], promised)).toEqual(['lost']);
  });

  it('sees that a client that asks for notices got none', () => {
    const scene = connected().sends(1).held('away').sends(2).connects(2, 'u', { asked: 'u', gap: true }).sends(3);
    expect(scene.verdict(['1:1', '2:3'], promised, { gapNotices: [] })).toEqual(['lost']);
    expect(scene.verdict(['1:1', '2:3'], promised, { gapNotices: [{ attempt: 2, after: 1 }] })).toEqual([]);
    expect(scene.verdict(['1:1', '2:3'], promised, { gapNotices: [{ attempt: 2, after: 2 }] })).toEqual(['lost']);
  });

  it('lets a notice stand for all that was missed while the client was away, and for nothing later', () => {
    const scene = connected().held('away').sends(1, 2, 3).connects(2, 'u', { asked: 'u', gap: true }).sends(4, 5);
    const gapNotices = [{ attempt: 2, after: 0 }];
    expect(scene.verdict(['2:1', '2:3', '2:4', '2:5'], promised, { gapNotices })).toEqual([]);
    expect(scene.verdict(['2:1', '2:3', '2:5'], promised, { gapNotices })).toEqual(['lost']);
  });

  it('lets pass what an earlier process sent, when the client was told by a fresh resource', () => {
    const scene = connected().sends(1, 2).restarts().sends(3).connects(2, 'v', { asked: 'u', fresh: true }).sends(4);
    expect(scene.verdict(['1:1', '2:4'], promised)).toEqual([]);
  });

  it('sees a resource that was forgotten before its time', () => {
    const early = connected()
      .sends(1)
      .held('away')
      .after(WINDOW - 1);
    expect(early.connects(2, 'v', { asked: 'u', fresh: true }).verdict(['1:1'], promised)).toEqual(['forgotten']);
    const late = connected().sends(1).held('away').after(WINDOW);
    expect(late.connects(2, 'v', { asked: 'u', fresh: true }).verdict(['1:1'], promised)).toEqual([]);
  });

  it('sees that a durable server forgot its resources', () => {
    const scene = connected().sends(1).restarts(true).connects(2, 'v', { asked: 'u', fresh: true });
    expect(scene.verdict(['1:1'], promised)).toEqual(['forgotten']);
  });

  it('does not ask for what was sent in the instant in which the process ended', () => {
    const scene = connected().sends(1, 2).restarts(true).connects(2, 'u', { asked: 'u' }).sends(3);
    expect(scene.verdict(['1:1', '2:3'], promised)).toEqual([]);
    expect(scene.verdict(['1:1', '2:2', '2:3'], promised)).toEqual([]);
  });

  it('sees text that is no message', () => {
    expect(connected().verdict([], promised, { garbage: ['2|'] })).toEqual(['garbled']);
  });
});

describe('What a durable server sent before it was killed', () => {
  const killed = (): Scene => new Scene(true).connects(1, 'u', { fresh: true }).sends(1, 2, 3).promises(1);
  const back = (scene: Scene): Scene => scene.restarts(true).connects(2, 'u', { asked: 'u' }).sends(4);

  it('is asked for when it was promised, and no more than allowed when not', () => {
    expect(back(killed()).verdict(['2:1', '2:4'], 'exactly-once')).toEqual([]);
    expect(back(killed()).verdict(['1:1', '1:2', '1:3', '2:4'], 'exactly-once')).toEqual([]);
    expect(back(killed()).verdict(['2:4'], 'exactly-once')).toEqual(['lost']);
    expect(back(killed().promises(2, 3)).verdict(['1:1', '2:4'], 'exactly-once')).toEqual(['lost', 'lost']);
  });

  it('comes once, promised or not', () => {
    expect(back(killed()).verdict(['1:1', '1:2', '2:2', '2:4'], 'exactly-once')).toEqual(['doubled']);
  });

  it('is asked for as long as it was not killed', () => {
    expect(killed().sends(4).promises(4).verdict(['1:1', '1:4'], 'exactly-once')).toEqual(['lost', 'lost']);
  });
});

describe('The answer to a poll of a client that is promised at least once', () => {
  const promised = 'at-least-once, polling';
  const answered = (): Scene => new Scene(true).connects(1, 'u', { fresh: true }).sends(1).promises(1).connects(2, 'u');
  const verdict = (scene: Scene): Violation['what'][] =>
    scene.connects(3, 'u', { asked: 'u' }).sends(2).verdict(['1:1', '3:1', '3:2'], promised, { polls: true });

  it('may come again after the process that gave it was killed', () => {
    expect(verdict(answered().restarts(true))).toEqual([]);
  });

  it('must not when the process was stopped, also when a later one was killed, nor when only a connection broke', () => {
    expect(verdict(answered().restarts(true, false))).toEqual(['doubled']);
    const later = answered().restarts(true, false).connects(4, 'u', { asked: 'u' }).restarts(true);
    expect(verdict(later)).toEqual(['doubled']);
    expect(verdict(answered().harms(1).harms(2))).toEqual(['doubled']);
  });

  it('must not come again to a client of a service that delivers at most once', () => {
    const scene = answered().restarts(true).connects(3, 'u', { asked: 'u' }).sends(2);
    expect(scene.verdict(['1:1', '3:1', '3:2'], 'at-most-once', { polls: true })).toEqual(['doubled']);
  });

  it('may be missing when a fault broke its connection, and not else', () => {
    const next = (scene: Scene): Scene => scene.connects(3, 'u', { asked: 'u' }).sends(2);
    expect(next(answered().harms(1)).verdict(['3:2'], promised, { polls: true })).toEqual([]);
    expect(next(answered()).verdict(['3:2'], promised, { polls: true })).toEqual(['lost']);
  });
});

/** Two messages were written into a connection that broke; a third followed over the next one. */
function broken(): Scene {
  return connected().sends(1, 2).after(10).harms(1).connects(2, 'u', { asked: 'u' }).sends(3);
}

describe('What was written into a connection that broke', () => {
  it('must come again, once, to a client that is promised exactly once', () => {
    expect(broken().verdict(['1:1', '2:3'], 'exactly-once')).toEqual(['lost']);
    expect(broken().verdict(['1:1', '2:1', '2:2', '2:3'], 'exactly-once')).toEqual(['doubled']);
    expect(broken().verdict(['1:1', '2:2', '2:3'], 'exactly-once')).toEqual([]);
  });

  it('must come again, and may come twice, to a client that is promised at least once', () => {
    expect(broken().verdict(['1:1', '2:3'], 'at-least-once')).toEqual(['lost']);
    expect(broken().verdict(['1:1', '2:1', '2:2', '2:3'], 'at-least-once')).toEqual([]);
    expect(broken().verdict(['1:1', '2:2', '2:1', '2:3'], 'at-least-once')).toEqual(['reordered']);
  });

  it('is not excused by a clock that was set', () => {
    const scene = connected().sends(1);
    scene.notes.push({ note: 'clock', millis: 3_600_000 });
    scene.harms(1).connects(2, 'u', { asked: 'u' }).sends(2);
    expect(scene.verdict(['2:2'], 'at-least-once')).toEqual(['lost']);
    expect(scene.verdict(['2:2'], 'exactly-once')).toEqual(['lost']);
  });

  it('is all that may come twice to a client that is promised at least once', () => {
    const scene = connected().sends(1).connects(2, 'u', { asked: 'u' }).sends(2);
    expect(scene.verdict(['1:1', '2:1', '2:2'], 'at-least-once')).toEqual(['doubled']);
  });

  it('may be missing, and must not come twice, where at most once is promised', () => {
    expect(broken().verdict(['1:1', '2:3'])).toEqual([]);
    expect(broken().verdict(['1:1', '2:1', '2:3'])).toEqual(['doubled']);
  });

  it('may not be missing when the connection had been up for long after it was sent', () => {
    const scene = connected().sends(1).after(10_000).harms(1).connects(2, 'u', { asked: 'u' }).sends(2);
    expect(scene.verdict(['2:2'])).toEqual(['stalled']);
    scene.slowed.set(1, 100);
    expect(scene.verdict(['2:2'])).toEqual([]);
  });

  it('is all that a process that ended may lose when the next one remembers', () => {
    const scene = connected().sends(1, 2).held('away').restarts(true).sends(3);
    scene.connects(2, 'u', { asked: 'u' }).sends(4);
    expect(scene.verdict(['1:1', '2:3', '2:4'])).toEqual([]);
    expect(scene.verdict(['1:1', '2:4'])).toEqual(['lost']);
  });
});

describe('What a client said', () => {
  const said = (outcome: Said['outcome']): Partial<ClientHistory> => ({ said: [{ text: 'hello', outcome }] });

  it('was heard once when the server said so', () => {
    expect(connected().hears('hello').verdict([], 'at-most-once', said('answered'))).toEqual([]);
    expect(connected().verdict([], 'at-most-once', said('answered'))).toEqual(['unheard']);
  });

  it('may have been heard when no answer came, but not twice', () => {
    expect(connected().verdict([], 'at-most-once', said('unknown'))).toEqual([]);
    expect(connected().hears('hello').verdict([], 'at-most-once', said('unknown'))).toEqual([]);
    expect(connected().hears('hello').hears('hello').verdict([], 'at-most-once', said('unknown'))).toEqual([
      'heard twice',
    ]);
  });

  it('is whole or was not heard', () => {
    expect(connected().hears('hel').verdict([], 'at-most-once', said('unknown'))).toEqual(['misheard']);
  });
});
