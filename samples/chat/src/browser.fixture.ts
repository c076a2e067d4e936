import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';

/** Where the packaged browser is unpacked, once per installation. */
const home = join(dirname(require.resolve('playwright-core')), '..', '.cache', 'ionosphere-chromium');

/** A real browser: the Chromium that CHROMIUM_PATH names, else the one that comes as an npm package. */
export async function launchBrowser(): Promise<Browser> {
  const own = process.env.CHROMIUM_PATH;
  if (own) return chromium.launch({ executablePath: own });
  if (process.platform !== 'linux' || process.arch !== 'x64') return chromium.launch({ channel: 'chrome' });
  const executablePath = await unpacked();
  const env = existsSync('/etc/fonts') ? process.env : { ...process.env, FONTCONFIG_PATH: join(home, 'fonts') };
  try {
    return await chromium.launch({ executablePath, env: defined(env) });
  } catch (error) {
    if (!String(error).includes('shared libraries')) throw error;
    // A machine without libnss3: the package brings that, too.
    const libraries = { LD_LIBRARY_PATH: join(home, 'al2023', 'lib') };
    return chromium.launch({ executablePath, env: defined({ ...env, ...libraries }) });
  }
}

/** Unpacks beside and then renames: test files run at the same time, and a run may be interrupted. */
async function unpacked(): Promise<string> {
  const executablePath = join(home, 'chromium');
  if (existsSync(executablePath)) return executablePath;
  const draft = `${home}-${process.pid}`;
  mkdirSync(draft, { recursive: true });
  // The package unpacks into the folder for temporary files, and its libraries only where it believes to be in a cloud.
  await promisify(execFile)(process.execPath, ['-e', "require('@sparticuz/chromium').executablePath()"], {
    cwd: __dirname,
    env: { ...process.env, TMPDIR: draft, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' },
  });
  try {
    renameSync(draft, home);
  } catch (error) {
    if (!existsSync(executablePath)) throw error;
    rmSync(draft, { recursive: true });
  }
  return executablePath;
}

function defined(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
