import { failures } from './failures';
import { runnerOr, type SuiteHarness, type TestRunner } from './harness';
import { lifetime } from './lifetime';
import { messages } from './messages';
import { returning } from './returning';
import { Scene, Stage, type Behaviour } from './scene';

const groups: Readonly<Record<string, readonly Behaviour[]>> = { messages, returning, lifetime, failures };

/**
 * Registers the tests that every transport must pass, the same for all. What a transport can't do by its nature it says
 * in `harness.can`; nothing else may differ.
 *
 * @param runner where the tests are registered. Default: the global functions of Jest or Vitest.
 */
export function transportSuite(harness: SuiteHarness, runner?: TestRunner): void {
  const { describe, test, beforeAll, afterAll } = runnerOr(runner);
  describe(harness.name, () => {
    const stage = new Stage(harness);
    beforeAll(() => stage.start());
    afterAll(() => stage.stop());
    for (const [group, behaviours] of Object.entries(groups)) {
      describe(group, () => {
        for (const [title, proof] of behaviours) test(title, () => play(stage, proof));
      });
    }
  });
}

async function play(stage: Stage, proof: Behaviour[1]): Promise<void> {
  const scene = new Scene(stage);
  try {
    await proof(scene);
  } finally {
    await scene.end();
  }
}
