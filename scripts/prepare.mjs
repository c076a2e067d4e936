// Brings a clone to the point where anything can run: dependencies installed, TypeScript built.
// Plain Node, no dependency: it runs before node_modules exists.
//   --quiet      our own output goes to stderr, because stdout belongs to the program that is started next
//   --installed  only note that node_modules fits package-lock.json (npm's postinstall calls this)
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);
const stamp = at('node_modules', '.ionosphere-install');
const quiet = process.argv.includes('--quiet');

requireNode(20, 11);
if (process.argv.includes('--installed')) {
  noteInstall();
} else {
  if (!isInstalled()) install();
  build();
}

function requireNode(wantedMajor, wantedMinor) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  fail(
    `Node ${wantedMajor}.${wantedMinor} or newer is needed, this is ${process.version}. Install one from nodejs.org.`,
  );
}

/** The Node major belongs to it: npm picks native packages by the Node that installs them. */
function fingerprint() {
  const lock = readFileSync(at('package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} node ${process.versions.node.split('.')[0]}\n`;
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint();
}

function noteInstall() {
  if (existsSync(at('node_modules'))) writeFileSync(stamp, fingerprint());
}

function install() {
  say('installing dependencies (npm ci), once');
  // dev dependencies even under NODE_ENV=production: the compiler is one of them
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  const npm = process.env.npm_execpath; // set when npm started us; a .js file, so no shell is needed on any platform
  const code = npm?.endsWith('.js')
    ? run(process.execPath, [npm, ...args])
    : run('npm', args, { shell: process.platform === 'win32' });
  if (code !== 0) fail('npm ci failed (see above). Check the network, or remove node_modules and try again.');
  noteInstall();
}

function build() {
  // An up-to-date build costs a second and is always right; a check of our own would be one more thing to get wrong.
  const code = run(process.execPath, [at('node_modules', 'typescript', 'bin', 'tsc'), '-b']);
  if (code !== 0) fail('the TypeScript build failed. Mend the errors above, then run the same command again.');
  // What pages load is one file.
  if (run(process.execPath, [at('packages', 'client', 'bundle.mjs')]) !== 0)
    fail('packages/client could not be bundled (see above).');
}

function run(command, args, options = {}) {
  const stdout = quiet ? process.stderr.fd : process.stdout.fd;
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', stdout, 'inherit'], ...options });
  if (result.error) fail(`cannot start ${command}: ${result.error.message}`);
  return result.status ?? 1;
}

function say(text) {
  (quiet ? process.stderr : process.stdout).write(`prepare: ${text}\n`);
}

function fail(text) {
  process.stderr.write(`prepare: ${text}\n`);
  process.exit(1);
}
