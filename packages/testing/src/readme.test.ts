import { readFileSync } from 'node:fs';
import { join } from 'node:path';

test("the README's example is the test that runs", () => {
  const readme = readFileSync(join(__dirname, '..', 'README.md'), 'utf8');
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(example).toBe(readFileSync(join(__dirname, 'readme-example.test.ts'), 'utf8'));
});
