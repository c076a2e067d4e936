import { chosenIn, configure, type Config } from './config';
import { DeclarationError } from '../errors';
import type { Class, ServiceOptions } from '../declaration/metadata';

/** The settings of one service: the application's, with its own. What is wrong with them is said with the name of the service. */
export function configOfService(
  type: Class,
  { config, limits, atmosphereConfig }: ServiceOptions,
  base: Config,
): Config {
  try {
    return configure(chosenIn({ config, limits }), atmosphereConfig, base);
  } catch (error) {
    throw error instanceof DeclarationError ? new DeclarationError(`${type.name}: ${error.message}`) : error;
  }
}
