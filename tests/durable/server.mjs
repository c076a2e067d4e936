// A server on a store, in plain JavaScript. Arguments: port, file, delivery, the number before its first message, and when it
// kills itself, if it does: `before` or `after` which commit. It says which resources it found, broadcasts numbers in bursts
// from SIGUSR2 on, or a single one at SIGHUP, and says which of them were promised, until it is killed.
import 'reflect-metadata';
import { writeSync } from 'node:fs';
import { ManagedService, serve } from '@ionosphere/server';
import { SqliteStore } from '@ionosphere/sqlite';

const [port, file, delivery, before, doom, commits] = process.argv.slice(2);

/** Kills the process before or after one of its commits. */
class DoomedStore extends SqliteStore {
  left = Number(commits);

  commit(changes) {
    const isLast = --this.left === 0;
    if (isLast && doom === 'before') process.kill(process.pid, 'SIGKILL');
    super.commit(changes);
    if (isLast && doom === 'after') process.kill(process.pid, 'SIGKILL');
  }
}

class News {}
ManagedService('/news/{topic}')(News);

const server = await serve({
  port: Number(port),
  host: '127.0.0.1',
  services: [News],
  store: new DoomedStore({ file }),
  config: { delivery, proofSeconds: 1, logMessages: 100_000, logBytes: 100_000_000 },
});
const { broadcasters, resources } = server.app;

let number = Number(before);
function tell() {
  const own = ++number;
  const told = broadcasters.all().map((broadcaster) => broadcaster.broadcast(String(own)));
  // At once, whatever the pipe does: what is killed must have said what it promised.
  Promise.all(told).then(() => writeSync(1, `promised ${own}\n`), console.error);
}

function burst() {
  for (let count = 0; count < 5; count++) tell();
  setTimeout(burst, 2);
}
process.on('SIGUSR2', burst);
process.on('SIGHUP', tell);

const found = [...resources.all()].map(({ uuid, broadcasters: places }) => [uuid, ...places.map(({ id }) => id)]);
console.log(`ready ${server.url} ${JSON.stringify(found)}`);
