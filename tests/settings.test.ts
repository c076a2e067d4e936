import 'reflect-metadata';
import { ApplicationConfig, type ApplicationConfigName } from '@ionosphere/server';
import { configure } from '../packages/core/src/settings/config';
import { foreignKeys } from '../packages/core/src/settings/foreign';
import { isLimit } from '../packages/core/src/limits/limits';
import { settings, type Setting } from '../packages/core/src/settings/table';
import { lifeEffects } from './settings/life-effects.fixture';
import type { Effect, Place } from './settings/place.fixture';
import { protocolEffects } from './settings/protocol-effects.fixture';
import { wireEffects } from './settings/wire-effects.fixture';

const effects: Readonly<Record<string, Effect>> = { ...protocolEffects, ...lifeEffects, ...wireEffects };
const table: readonly (readonly [string, Setting<unknown>])[] = Object.entries(settings);

/** The places where one string, or the option that it stands for, can be said. */
function places(constant: string, said: string): [string, Place][] {
  const [name = '', setting] = table.find(([, { keys }]) => constant in keys) ?? [];
  const section = isLimit(name) ? 'limits' : 'config';
  const option = { [section]: { [name]: Reflect.get(configure({}, [said]), name) as unknown } };
  const all: [string, Place][] = [
    ['the string, of the app', { app: { atmosphereConfig: [said] }, service: {} }],
    ['the option, of the app', { app: option, service: {} }],
    ['the string, of the service', { app: {}, service: { atmosphereConfig: [said] } }],
    ['the option, of the service', { app: {}, service: option }],
  ];
  return setting?.appWide ? all.slice(0, 2) : all;
}

describe("Atmosphere's keys", () => {
  it('each have an effect that is shown here, unless they set nothing', () => {
    const constants = table.flatMap(([, { keys }]) => Object.keys(keys));
    expect(Object.keys(effects).sort()).toEqual(constants.sort());
    expect(Object.keys(ApplicationConfig).sort()).toEqual([...constants, ...Object.keys(foreignKeys)].sort());
  });

  describe.each(Object.entries(effects))('%s', (constant, { value, observe, without, with: effect }) => {
    const said = `${ApplicationConfig[constant as ApplicationConfigName]}=${value}`;

    it('shows when it is said, and only then', async () => {
      expect(await observe({ app: {}, service: {} })).toEqual(without);
      expect(effect).not.toEqual(without);
    });

    it.each(places(constant, said))('works as %s', async (_, place) => {
      expect(await observe(place)).toEqual(effect);
    });
  });
});
