// npm run chaos -- [--seed N] [--seconds N] [--clients N] [--crashes N] [--durable] [--history FILE]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Chaos } from './chaos.fixture';
import { judge } from './ledger.fixture';
import { textOf } from './report.fixture';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      seconds: { type: 'string', default: '60' },
      clients: { type: 'string', default: '200' },
      crashes: { type: 'string', default: '0' },
      durable: { type: 'boolean', default: false },
      history: { type: 'string' },
    },
  });
  const [seed, seconds, clients] = [Number(values.seed), Number(values.seconds), Number(values.clients)];
  console.log(`chaos: seed ${seed}, ${seconds} seconds, ${clients} clients`);
  const outcome = await new Chaos({
    seed,
    seconds,
    clients,
    crashes: Number(values.crashes),
    durable: values.durable,
  }).run();
  if (values.history !== undefined) writeFileSync(values.history, JSON.stringify(outcome.history, plain));
  const violations = judge(outcome.history);
  console.log(textOf(outcome, violations));
  // Not by itself: with so many sockets behind it Node.js 20 now and then spins for ever after its last event, `exit`.
  process.exit(violations.length > 0 || outcome.unsettled.length > 0 ? 1 : 0);
}

/** Maps and sets as JSON. */
function plain(_name: string, value: unknown): unknown {
  return value instanceof Map || value instanceof Set ? [...(value as Iterable<unknown>)] : value;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
