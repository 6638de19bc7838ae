/** What looking at the broker once a second costs: throughput with sampling ÷ without, in pairs of drawn order. */
import type { Suite, SuiteOptions } from './options.js';
import { runPairs } from './pairs.js';
import { verdict } from './print.js';
import { Sessions, throughputOf } from './sessions.js';

const warmupSeconds = 2;

export const sampling: Suite = {
  summary: 'runs with a look at the broker once a second over runs without',
  async run(o) {
    for (const target of o.targets ?? ['rabbitmq', 'kafka', 'activemq'])
      await Sessions.with([target], o, (sessions) => onTarget(target, o, sessions));
  },
};

async function onTarget(target: string, o: SuiteOptions, sessions: Sessions): Promise<void> {
  const { sizeBytes, seed } = o;
  const seconds = o.seconds ?? 10;
  const run = async (withSampling: boolean): Promise<number> =>
    throughputOf(
      await sessions.run(target, { sizeBytes, extent: { seconds }, warmupSeconds, seed, sampling: withSampling }),
    );
  // Discarded: the server is warm then.
  await run(true);
  const { estimate } = await runPairs(
    `${target}, ${sizeBytes} B, ${seconds} s a run`,
    { name: 'without', run: () => run(false) },
    { name: 'sampling', run: () => run(true) },
    o.pairs ?? 7,
    o,
  );
  verdict(`${target}: with sampling ÷ without`, estimate.toFixed(3), 'at least 0.98', estimate >= 0.98);
}
