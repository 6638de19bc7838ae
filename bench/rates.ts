/** Whether a fixed rate is kept: on `memory` at stated rates, on a broker at shares of its own measured maximum. */
import type { Suite, SuiteOptions } from './options.js';
import { median, rate, table, verdict } from './print.js';
import { Sessions, throughputOf } from './sessions.js';

const onMemory: readonly number[] = [1_000, 5_000, 10_000];
const sharesOfMaximum: readonly number[] = [0.2, 0.4, 0.6];
const tolerance = 0.005;
const maximumRuns = 3;

export const rates: Suite = {
  summary: 'a fixed rate is kept: on memory, and at up to 60 % of the maximum of each broker',
  async run(o) {
    for (const target of o.targets ?? ['memory', 'rabbitmq', 'kafka', 'activemq'])
      await Sessions.with([target], o, (sessions) => onTarget(target, o, sessions));
  },
};

async function onTarget(target: string, o: SuiteOptions, sessions: Sessions): Promise<void> {
  const { sizeBytes, seed } = o;
  let wanted = onMemory;
  if (target !== 'memory') {
    const found: number[] = [];
    for (let i = 0; i <= maximumRuns; i++)
      found.push(throughputOf(await sessions.run(target, { sizeBytes, extent: { seconds: 5 }, seed })));
    // The first one warmed the server up.
    const maximum = median(found.slice(1));
    console.log(`\n${target}: at full speed ${rate(maximum)} messages a second (median of ${maximumRuns})`);
    wanted = sharesOfMaximum.map((share) => Math.round(share * maximum));
  }
  const seconds = o.seconds ?? 30;
  console.log(`\n${target}, ${sizeBytes} B, ${seconds} s at each rate; messages a second`);
  const row = table(['wanted', 'sent', 'received', 'off by', 'slip p99 ms', 'verdict']);
  for (const perSecond of wanted) {
    const {
      figures,
      workers,
      verdict: judged,
    } = await sessions.tryRun(target, {
      sizeBytes,
      extent: { seconds },
      rate: perSecond,
      seed,
    });
    const sent = figures?.achievedRate ?? 0;
    const off = sent / perSecond - 1;
    const slip = workers.find(({ role }) => role === 'producer')?.scheduleSlipP99Ms ?? NaN;
    row([
      rate(perSecond),
      sent.toFixed(1),
      (figures?.throughput ?? 0).toFixed(1),
      `${(off * 100).toFixed(3)} %`,
      slip.toFixed(2),
      judged.status,
    ]);
    verdict(
      `${target} at ${rate(perSecond)}/s, off by`,
      `${(off * 100).toFixed(3)} %`,
      `within ${tolerance * 100} %, run ok`,
      Math.abs(off) <= tolerance && judged.status === 'ok',
    );
  }
}
