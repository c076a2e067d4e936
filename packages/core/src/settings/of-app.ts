import type { AppOptions } from '../app/app-options';
import { chosenIn, configure, type Config } from './config';
import type { InterceptorName } from './class-names';

/** The settings of an app, from all the places where they can be said. */
export function configOfApp(options: AppOptions): Config {
  const { atmosphereConfig, allowedOrigins, disableInterceptors: disabled } = options;
  const disableInterceptors = disabled === 'all' ? disabled : disabled?.map((type) => nameOf(type) as InterceptorName);
  return configure({ allowedOrigins, disableInterceptors, ...chosenIn(options) }, atmosphereConfig);
}

/** The name of a class; whatever else was given is what the error shows. */
function nameOf(type: unknown): unknown {
  return typeof type === 'function' ? type.name : type;
}
