import type * as Dto from './dto';
import type { DtoOptions, DtoPlan } from './dto';

/**
 * Compiles a class as `planDto` does. class-validator and class-transformer take longer to load than everything else
 * together, so they are loaded with the first class: who takes texts, bytes or a schema starts without them.
 */
export function planOf<T extends object>(dto: new () => T, options: DtoOptions): DtoPlan<T> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load them at once
  const { planDto } = require('./dto') as typeof Dto;
  return planDto(dto, options);
}
