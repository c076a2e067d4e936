// The framework with many services, and what its start costs: each thing is loaded when its turn to be measured has come.
import { createRequire } from 'node:module';
import type * as Framework from '@ionosphere/server';
import { cpuMicros, serveBench } from './control';
import { limits } from './ionosphere-limits';
import { argument } from './job';
import type * as Numbered from './numbered-services';

const load = createRequire(__filename);

async function start(): Promise<void> {
  const begun = cpuMicros();
  const { serve, silentLogger } = load('@ionosphere/server') as typeof Framework;
  const imported = cpuMicros();
  const { numberedServices } = load('./numbered-services') as typeof Numbered;
  const services = numberedServices(argument(0));
  const declared = cpuMicros();
  const { port } = await serve({ port: 0, host: '127.0.0.1', services, limits, logger: silentLogger });
  serveBench(port, { imports: imported - begun, serve: cpuMicros() - declared });
}

void start();
