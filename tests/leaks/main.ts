// npm run leaks -- [--cycles N] [--transport NAME]
import { parseArgs } from 'node:util';
import { cycles } from './cycles.fixture';
import { LeakHunt } from './leaks.fixture';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { cycles: { type: 'string', default: '10000' }, transport: { type: 'string' } },
  });
  const columns = [
    'transport',
    'cycles',
    'resources',
    'connections',
    'broadcasters',
    'timers',
    'members',
    'growth',
    'per cycle',
  ];
  const row = (cells: readonly (string | number)[]): void =>
    console.log(cells.map((cell) => String(cell).padStart(14)).join(''));
  row(columns);
  for (const transport of values.transport === undefined ? Object.keys(cycles) : [values.transport]) {
    const hunt = await LeakHunt.start();
    const { rest, growth, growthPerCycle, cycles: count } = await hunt.measure([transport], Number(values.cycles));
    const { resources, connections, broadcasters, waiting, members } = rest;
    row([
      transport,
      count,
      resources,
      connections,
      broadcasters,
      waiting,
      members,
      `${Math.round(growth / 1024)} KiB`,
      growthPerCycle,
    ]);
    await hunt.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
