import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(__dirname, '..', 'peers');

/**
 * Installs the other servers, once: they weigh more than all that the repository needs, so it does not depend on them.
 * Throws when that can't be done.
 */
export function installPeers(): void {
  const installed = join(folder, 'node_modules', '.package-lock.json');
  const wanted = join(folder, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  process.stderr.write('bench: installing the peers (npm ci in bench/peers), once\n');
  const npm = process.env.npm_execpath; // set when npm started us
  const [command, ...args] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
  const { status } = spawnSync(command, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0)
    throw new Error('npm ci failed in bench/peers (see above). Check the network, or leave them out with --no-peers.');
}
