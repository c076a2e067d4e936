import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

/** How to start a browser, or why there is none. */
export type Found =
  { readonly executablePath: string; readonly env: Record<string, string> } | { readonly reason: string };

/**
 * Finds Chromium: the one that `CHROMIUM_PATH` names, else the one that comes with the packages of the tests, on a system
 * that lacks libraries such as libnss3 together with those that the package brings.
 */
export function findBrowser(): Found {
  const { CHROMIUM_PATH: own } = process.env;
  if (own) return tried(() => own);
  const bare = tried(() => unpacked('bare'));
  if ('executablePath' in bare) return bare;
  const helped = tried(
    () => unpacked('with-libraries'),
    (path) => ({ LD_LIBRARY_PATH: join(path, '..', 'al2023', 'lib') }),
  );
  return 'executablePath' in helped ? helped : { reason: `${bare.reason}; ${helped.reason}` };
}

/** Starts what was found. */
export function launch({ executablePath, env }: Extract<Found, { env: unknown }>): Promise<Browser> {
  return chromium.launch({ executablePath, env });
}

/** The tests must know before they begin whether the browser runs on this machine, so it is asked for its version. */
function tried(locate: () => string, more: (path: string) => Record<string, string> = () => ({})): Found {
  try {
    const executablePath = locate();
    const env = { ...(process.env as Record<string, string>), ...more(executablePath) };
    execFileSync(executablePath, ['--version', '--no-sandbox'], { env, stdio: 'pipe', timeout: 20_000 });
    return { executablePath, env };
  } catch (error) {
    return { reason: (error as Error).message.trim().replaceAll('\n', ' ') };
  }
}

/**
 * Path of the browser, unpacked once per version. The package unpacks into the temporary folder itself, where a second
 * process finds a file that is not yet whole; so it gets a folder of its own, which then takes its place in one step.
 */
function unpacked(kind: 'bare' | 'with-libraries'): string {
  const home = join(tmpdir(), `ionosphere-chromium-${packageVersion()}-${kind}`);
  const path = join(home, 'chromium');
  if (existsSync(path)) return path;
  const scratch = mkdtempSync(`${home}-`);
  // The second is how the package learns that the libraries are wanted.
  const env = { ...process.env, TMPDIR: scratch, AWS_EXECUTION_ENV: kind === 'bare' ? '' : 'AWS_Lambda_nodejs20.x' };
  const program = `import('@sparticuz/chromium').then(({ default: packaged }) => packaged.executablePath())`;
  execFileSync(process.execPath, ['-e', program], { cwd: __dirname, env });
  try {
    renameSync(scratch, home);
  } catch {
    // Somebody else was faster.
    rmSync(scratch, { recursive: true });
  }
  return path;
}

function packageVersion(): string {
  const root = join(dirname(require.resolve('@sparticuz/chromium')), '..', '..');
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}
