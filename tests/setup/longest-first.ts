/** The order in which files are tried: a long one that comes last would leave a core idle while it ends. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take half a minute and more, the longest first; where a name is wrong nothing is lost but time. */
const longest: readonly string[] = [
  'tests/cli/gate.test.ts',
  'tests/cli/self-test.test.ts',
  'tests/cli/run.test.ts',
  'tests/run/bad-server.test.ts',
  'tests/cli/secured.test.ts',
  'tests/cli/judging.test.ts',
  'tests/run/loads.test.ts',
  'tests/package.test.ts',
  'tests/servers/local.test.ts',
  'tests/run/session.test.ts',
  'tests/cli/bad-server.test.ts',
  'tests/faults/memory.test.ts',
  'tests/run/rpc.test.ts',
  'tests/report/page.test.ts',
  'tests/contract/kafka.test.ts',
  'tests/run/patterns-subscribers.test.ts',
  'tests/report/plots.test.ts',
  'tests/contract/kafka-patterns.test.ts',
  'tests/cli/signals.test.ts',
  'tests/run/lessons.test.ts',
  'tests/cli/surroundings.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((name) => moduleId.endsWith(`/${name}`));
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
