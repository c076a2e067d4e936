import type { AppOptions } from '../app/app';
import { chosenIn, configure, type Config } from './config';
import type { InterceptorName } from './class-names';

/** The settings of an app, from all the places where they can be said. */
export function configOfApp(options: AppOptions): Config {
  const { atmosphereConfig, allowedOrigins, disableInterceptors: disabled } = options;
  const disableInterceptors = disabled === 'all' ? disabled : disabled?.map(({ name }) => name as InterceptorName);
  return configure({ allowedOrigins, disableInterceptors, ...chosenIn(options) }, atmosphereConfig);
}
