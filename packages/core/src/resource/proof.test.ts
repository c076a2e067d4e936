import { HandClock } from '../port.fixture';
import { Proof } from './proof';
import { Timers } from '../time/timers';
import type { Connection } from '../transport';

function proving(kind: 'socket' | 'stream' | 'poll') {
  const clock = new HandClock();
  const timers = new Timers(clock, (error) => {
    throw error;
  });
  const state = { position: -1 };
  const pings: string[] = [];
  const connection = {
    transport: { oneShot: kind === 'poll' },
    ...(kind === 'socket' && { sendPing: (data: string) => void pings.push(data) }),
  } as unknown as Connection;
  const proof = new Proof({ timers, periodMillis: 1000, position: () => state.position });
  proof.start(connection);
  return { clock, proof, pings, state, connection };
}

describe('What a client is proven to have', () => {
  it('is over a WebSocket what was written before a ping that was answered, not what was written before it was asked', () => {
    const { clock, proof, pings, state } = proving('socket');
    state.position = 7;
    clock.advance(1000);
    state.position = 9;
    expect(proof.proven).toBe(-1);
    proof.answered(String(pings[0]));
    expect(proof.proven).toBe(7);
  });

  it('is asked for only when there is something to prove', () => {
    const { clock, proof, pings, state } = proving('socket');
    clock.advance(5000);
    expect(pings).toEqual([]);
    state.position = 3;
    clock.advance(1000);
    proof.answered(String(pings[0]));
    clock.advance(5000);
    expect(pings).toHaveLength(1);
  });

  it.each(['', '7', 'ionosphere:', 'ionosphere:x', 'ionosphere:1.5', 'ionosphere:-5', 'other:3'])(
    'is not moved by an answer that is %p',
    (data) => {
      const { proof, state } = proving('socket');
      state.position = 5;
      proof.answered(data === 'ionosphere:' ? 'ionosphere:NaN' : data);
      expect(proof.proven).toBe(-1);
    },
  );

  it('is no more than was written, whatever a client makes up', () => {
    const { proof, state } = proving('socket');
    state.position = 5;
    proof.answered('ionosphere:999');
    expect(proof.proven).toBe(5);
  });

  it('is over a response that goes on what it had taken a whole period before', () => {
    const { clock, proof, state, connection } = proving('stream');
    state.position = 4;
    clock.advance(1000);
    state.position = 6;
    expect(proof.proven).toBe(-1);
    clock.advance(1000);
    expect(proof.proven).toBe(4);
    proof.stop('lost');
    proof.start(connection);
    clock.advance(1000);
    expect(proof.proven).toBe(4);
  });

  it('is over a poll all that was written, once it was answered whole', () => {
    const { proof, state } = proving('poll');
    state.position = 8;
    proof.stop('lost');
    expect(proof.proven).toBe(-1);
    proof.stop('answered');
    expect(proof.proven).toBe(8);
  });

  it('is not looked for when the connection is gone', () => {
    const { clock, proof } = proving('socket');
    proof.stop('lost');
    clock.advance(5_000);
    expect(clock.waiting.size).toBe(0);
  });
});
