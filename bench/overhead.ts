/** What mqbench costs: its throughput ÷ the bare loop's, both on one server, in pairs whose order is drawn. */
import { runBare } from './bare/run.js';
import type { Suite, SuiteOptions } from './options.js';
import { runPairs } from './pairs.js';
import { verdict } from './print.js';
import { Sessions, throughputOf } from './sessions.js';
import { consumers } from './settings.js';

const warmupSeconds = 3;

export const overhead: Suite = {
  summary: 'mqbench over a bare loop of the same client library',
  async run(o) {
    for (const target of o.targets ?? ['rabbitmq', 'kafka', 'activemq'])
      await Sessions.with([target], o, (sessions) => onTarget(target, o, sessions));
  },
};

async function onTarget(target: string, o: SuiteOptions, sessions: Sessions): Promise<void> {
  const session = sessions.get(target);
  const { sizeBytes, seed } = o;
  let messages = o.messages ?? 0;
  let warmup = messages;
  const bare = async (): Promise<number> => {
    const spec = { name: sessions.nextDestination(), guarantee: 'at-least-once' as const, consumers };
    await session.control.request('create-destination', { spec });
    try {
      const start = { client: target, endpoint: session.server.endpoint, destination: spec.name, sizeBytes };
      return await runBare(start, messages, warmup);
    } finally {
      await session.control.request('delete-destination', { spec });
    }
  };
  const mqbench = async (): Promise<number> =>
    throughputOf(await sessions.run(target, { sizeBytes, extent: { messages }, warmupSeconds, seed }));

  // Once each, discarded: the server is warm, and the message count fits its speed.
  const first = throughputOf(await sessions.run(target, { sizeBytes, extent: { seconds: 2 }, warmupSeconds, seed }));
  if (o.messages === undefined) messages = Math.max(20_000, Math.round(first * 5));
  warmup = Math.round(first * warmupSeconds);
  await bare();

  const { estimate, lower } = await runPairs(
    `${target}, ${sizeBytes} B, ${messages.toLocaleString('en')} messages a run, 1 producer, ${consumers} consumers`,
    { name: 'bare loop', run: bare },
    { name: 'mqbench', run: mqbench },
    o.pairs ?? 7,
    o,
  );
  verdict(`${target}: mqbench ÷ bare loop`, estimate.toFixed(3), 'at least 0.95', estimate >= 0.95);
  verdict(`${target}: lower bound`, lower.toFixed(3), 'at least 0.90', lower >= 0.9);
}
