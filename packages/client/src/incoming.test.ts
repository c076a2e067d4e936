import { Incoming } from './incoming';
import { NEW_SESSION, type Session } from './session';

const ID = '9f9693cd-56d2-4ac4-8cb1-d31f13f73281';
const OTHER_ID = 'ab1693cd-56d2-4ac4-8cb1-d31f13f73281';

/** Reads what comes, and writes down what it was. */
function reading(session: Session = NEW_SESSION): { incoming: Incoming; told: string[] } {
  const told: string[] = [];
  const incoming = new Incoming(session, {
    greeted: (forgotten) => told.push(forgotten ? 'greeted, forgotten' : 'greeted'),
    message: (payload) => told.push(`message ${String(payload)}`),
    reply: ({ key, kind, payload }) => told.push(`reply ${key} ${kind} ${payload}`),
    gap: () => told.push('gap'),
  });
  return { incoming, told };
}

function taken(texts: readonly (string | Uint8Array)[], session?: Session): readonly [string[], Session] {
  const { incoming, told } = reading(session);
  for (const text of texts) incoming.take(text);
  return [told, incoming.session];
}

const handshake = (id = ID, position = 'e1.2', memory = 'm1'): string => `${id}|60000|X|${position}|${memory}|`;
const known: Session = { id: ID, epoch: 'e1', sequence: 7, memory: 'm1' };

describe('What comes from the server', () => {
  it('is a handshake, messages with their numbers, replies and heartbeats', () => {
    const bytes = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 6, 65, 66]);
    const [told, session] = taken([handshake(), '3:hello', 'X', '4=k1:yes', '5;QUI=', bytes, '7=k2!{}', '8=k3.']);
    expect(told).toEqual([
      'greeted',
      'message hello',
      'reply k1 text yes',
      'message 65,66',
      'message 65,66',
      'reply k2 failure {}',
      'reply k3 handled ',
    ]);
    expect(session).toEqual({ id: ID, epoch: 'e1', sequence: 8, memory: 'm1' });
  });

  it('is taken once, though it comes by two ways', () => {
    const [told, { sequence }] = taken([handshake(), '8:new', '8:new', '6:old', '9:newer'], known);
    expect(told).toEqual(['greeted', 'message new', 'message newer']);
    expect(sequence).toBe(9);
  });

  it('may say that messages are missing, and from where it goes on: that is told once for one gap', () => {
    const [told, { sequence }] = taken(
      [handshake(), '12!gap', '12!gap', '11:older', '13:a', '12!gap', '14!gap'],
      known,
    );
    expect(told).toEqual(['greeted', 'gap', 'message a', 'gap']);
    expect(sequence).toBe(14);
  });

  it('tells of a gap where the server has given another id, and that nothing is known of what was sent', () => {
    const [told, session] = taken([handshake(OTHER_ID, 'e2.0', 'm2'), '0!gap', '0:seen', '1:anew'], known);
    expect(told).toEqual(['gap', 'greeted, forgotten', 'message anew']);
    expect(session).toEqual({ id: OTHER_ID, epoch: 'e2', sequence: 1, memory: 'm2' });
  });

  it('goes on where it was after a restart that kept the id, but for what was sent', () => {
    expect(taken([handshake(ID, 'e1.20', 'm2'), '8:next'], known)).toEqual([
      ['greeted, forgotten', 'message next'],
      { ...known, sequence: 8, memory: 'm2' },
    ]);
  });

  it('begins to count with another epoch where that is', () => {
    expect(taken([handshake(ID, 'e2.4'), '4:before', '5:first'], known)[0]).toEqual(['greeted', 'message first']);
  });

  it('is a plain message where the server has no numbers', () => {
    const [told] = taken([`${ID}|60000|X|`, '3:hello', 'X', '4!gap', `${OTHER_ID}|1|Y|`]);
    expect(told).toEqual(['greeted', 'message 3:hello', 'message 4!gap', `message ${OTHER_ID}|1|Y|`]);
  });
});

it('Who was forgotten is somebody new, and keeps where it was', () => {
  const { incoming, told } = reading(known);
  incoming.forget();
  expect(incoming.session).toEqual({ id: '0', epoch: 'e1', sequence: 7, memory: '' });
  incoming.take(handshake(OTHER_ID));
  expect(told).toEqual(['gap', 'greeted, forgotten']);
  expect(incoming.session.sequence).toBe(7);
});
