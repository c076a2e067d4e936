// Runs jest and ends stdout with one line that people and machines read alike: "123 passed, 0 failed, 2 skipped".
// Further arguments go to jest: npm test -- resource
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const folder = mkdtempSync(join(tmpdir(), 'ionosphere-test-'));
const report = join(folder, 'jest.json');

const { status } = spawnSync(process.execPath, [jest, '--json', `--outputFile=${report}`, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
const { passed, failed, skipped } = count(report);
rmSync(folder, { recursive: true });

process.exitCode = failed > 0 || passed === 0 ? 1 : (status ?? 1);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);

function count(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 }; // jest itself did not get to the tests
  const result = JSON.parse(readFileSync(file, 'utf8'));
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}
