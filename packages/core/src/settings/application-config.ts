import type { Config } from './config';
import { DeclarationError } from '../errors';
import { foreignKeys, objection, type ForeignKey } from './foreign';
import { nearest } from './nearest';
import { settings, type AtmosphereKey, type Setting } from './table';

type Settings = typeof settings;

/** Names of Atmosphere's constants. */
export type ApplicationConfigName =
  { [K in keyof Settings]: Extract<keyof Settings[K]['keys'], string> }[keyof Settings] | keyof typeof foreignKeys;

/** A setting and one of its keys. */
interface Known {
  readonly name: keyof Config;
  readonly setting: Setting<unknown>;
  readonly means: AtmosphereKey;
}

const known = new Map<string, Known | ForeignKey>();
const constants = new Map<string, string>();
for (const [name, setting] of Object.entries<Setting<unknown>>(settings)) {
  for (const [constant, means] of Object.entries(setting.keys)) {
    known.set(means.key, { name: name as keyof Config, setting, means });
    constants.set(constant, means.key);
  }
}
for (const [constant, foreign] of Object.entries<ForeignKey>(foreignKeys)) {
  known.set(foreign.key, foreign);
  constants.set(constant, foreign.key);
}

/**
 * Atmosphere's keys by the names of its constants:
 * `atmosphereConfig: [`${ApplicationConfig.HEARTBEAT_INTERVAL_IN_SECONDS}=30`]`. docs/configuration.md says which setting
 * each of them is, and which can't be had here.
 */
export const ApplicationConfig = Object.freeze(Object.fromEntries(constants)) as Readonly<
  Record<ApplicationConfigName, string>
>;

/** What a string stands for. */
export interface Stated {
  readonly key: string;
  readonly name: keyof Config;
  readonly value: unknown;
  /** The string, for an error about the value. */
  readonly said: string;
}

/**
 * What Atmosphere's strings stand for, one after the other. Throws when a string is not `key=value`, and when its key is
 * not known or can't be had; whether a value is a good one is for `configure` to say.
 */
export function readStrings(strings: readonly string[]): Stated[] {
  return strings.flatMap((said) => {
    const { key, value } = split(said);
    const found = known.get(key);
    if (!found) throw new DeclarationError(`"${said}": there is no key "${key}"; ${suggestion(key)}`);
    if ('name' in found) return [{ key, name: found.name, value: read(found, value, said), said }];
    const objects = objection(found, value);
    if (objects !== undefined) throw new DeclarationError(`"${said}": ${key} ${objects}`);
    return [];
  });
}

function split(said: unknown): { key: string; value: string } {
  const equals = typeof said === 'string' ? said.indexOf('=') : -1;
  if (typeof said !== 'string' || equals < 1) {
    throw new DeclarationError(
      `${JSON.stringify(said)} in atmosphereConfig is not key=value, such as "${ApplicationConfig.HEARTBEAT_INTERVAL_IN_SECONDS}=30"`,
    );
  }
  const value = said.slice(equals + 1);
  // A space may be all there is: Atmosphere's older clients have it for a heartbeat.
  return { key: said.slice(0, equals).trim(), value: value.trim() || value };
}

/** All keys begin with it, so it says nothing of what was meant. */
const PREFIX = 'org.atmosphere.';

function suggestion(key: string): string {
  const keys = [...known.keys()].map((name) => name.replace(PREFIX, ''));
  const name = nearest(key.replace(PREFIX, ''), [...keys, ...constants.keys()]);
  if (name === undefined) return 'docs/configuration.md has all';
  const constant = constants.get(name);
  return constant === undefined
    ? `did you mean "${PREFIX}${name}"?`
    : `did you mean "${constant}", which is ApplicationConfig.${name}?`;
}

function read({ setting, means }: Known, text: string, said: string): unknown {
  const { only, also = {}, unit } = means;
  const special = only ?? also;
  if (Object.hasOwn(special, text.toLowerCase())) return special[text.toLowerCase()];
  if (only) throw new DeclarationError(`"${said}": its value must be ${Object.keys(only).join(' or ')}`);
  const value = setting.is.read(text);
  return unit === 'ms' && typeof value === 'number' ? value / 1000 : value;
}
