import { FakeEnvironment } from './environment.fixture';
import { settingsOf } from './options';
import { Silence } from './silence';
import { Timers } from './timers';

function made() {
  const environment = new FakeEnvironment();
  const timers = new Timers(environment);
  const fallen: string[] = [];
  const settings = settingsOf('/', { silenceSeconds: 60 }, environment);
  const silence = new Silence({ environment, timers, settings }, ({ message }) => fallen.push(message));
  silence.start();
  return { environment, timers, silence, fallen };
}

describe('Silence', () => {
  it('is noticed after the time, counted from the last that was heard', () => {
    const { environment, silence, fallen } = made();
    environment.pass(50_000);
    silence.heard();
    environment.pass(59_999);
    expect(fallen).toEqual([]);
    environment.pass(1);
    expect(fallen).toEqual(['Nothing was heard for 60 s.']);
    expect(environment.timers).toBe(0);
  });

  it('is forgiven for ten seconds to a page that slept: what came meanwhile may not have been read yet', () => {
    const { environment, silence, fallen } = made();
    environment.sleep(600_000);
    silence.wakened();
    environment.pass(9_999);
    expect(fallen).toEqual([]);
    silence.heard();
    environment.pass(59_999);
    expect(fallen).toEqual([]);
  });

  it('ends when it is not listened to any more, and no timer is left', () => {
    const { environment, silence, fallen } = made();
    silence.stop();
    environment.pass(100_000);
    expect([fallen, environment.timers]).toEqual([[], 0]);
  });
});

describe('The timers of a client', () => {
  it('report what is thrown instead of throwing it, and end with the client', () => {
    const environment = new FakeEnvironment();
    const timers = new Timers(environment);
    timers.after(1, () => {
      throw new Error('from a timer');
    });
    timers.after(5, () => undefined);
    environment.pass(2);
    expect(environment.reported).toEqual([new Error('from a timer')]);
    timers.end();
    timers.after(1, () => undefined);
    expect(environment.timers).toBe(0);
  });
});
