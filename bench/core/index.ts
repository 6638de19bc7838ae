/** What the core costs by itself: time and memory of a worker over an adapter that moves nothing, and `memory` beside the real brokers. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Suite, SuiteOptions } from '../options.js';
import { median, medianRange, rate, table, verdict } from '../print.js';
import { Sessions, throughputOf } from '../sessions.js';
import type { CoreAnswer, CoreAsk } from './worker.js';

/** Memory is read at these counts: growth between them is what a message leaves behind. */
const firstReading = 100_000;
const lastReading = 10_000_000;
const growthMiB = 16;
const costNs = 1_000;
const timesFaster = 3;

export const core: Suite = {
  summary: 'time and memory of the core alone, and memory beside the fastest broker',
  async run(o) {
    for (const role of ['producer', 'consumer'] as const) {
      const { nsPerMessage, bytes } = await ask({
        role,
        sizeBytes: o.sizeBytes,
        seed: o.seed,
        readings: [firstReading, o.messages ?? lastReading],
      });
      // The first blocks run code that is not yet compiled.
      const warm = nsPerMessage.slice(Math.ceil(nsPerMessage.length / 10));
      verdict(`${role}, ns of CPU a message`, medianRange(warm, 0), `at most ${costNs}`, median(warm) <= costNs);
      const grown = (bytes[1] - bytes[0]) / 1024 ** 2;
      verdict(
        `${role}, heap and external memory from ${rate(firstReading)} to ${rate(o.messages ?? lastReading)} messages`,
        `+${grown.toFixed(1)} MiB (${(bytes[0] / 1024 ** 2).toFixed(1)} to ${(bytes[1] / 1024 ** 2).toFixed(1)})`,
        `at most +${growthMiB}`,
        grown <= growthMiB,
      );
    }
    await besideBrokers(o);
  },
};

function ask(question: CoreAsk): Promise<CoreAnswer> {
  const child = fork(fileURLToPath(new URL('./worker.js', import.meta.url)), [], {
    execArgv: ['--expose-gc'],
    serialization: 'advanced',
  });
  child.send(question);
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the core's worker ended with code ${code}`)));
  });
}

/** Blocks in which every target has one run, in an order drawn for each block. */
async function besideBrokers(o: SuiteOptions): Promise<void> {
  const brokers = (o.targets ?? ['rabbitmq', 'kafka', 'activemq']).filter((name) => name !== 'memory');
  const names = ['memory', ...brokers];
  await Sessions.with(names, o, async (sessions) => {
    const random = xoroshiro128plus(o.seed);
    const one = async (name: string): Promise<number> =>
      throughputOf(
        await sessions.run(name, { sizeBytes: o.sizeBytes, extent: { seconds: o.seconds ?? 5 }, seed: o.seed }),
      );
    // Discarded: a JVM that has just started is not yet what it will be.
    for (const name of names) await one(name);
    console.log(`\nmessages a second, ${o.sizeBytes} B, confirms and acknowledgements on`);
    const row = table(['block', ...names, 'memory ÷ fastest']);
    const ratios: number[] = [];
    for (let block = 1; block <= (o.pairs ?? 5); block++) {
      const order = [...names];
      for (let i = order.length - 1; i > 0; i--) {
        const j = uniformInt(random, 0, i);
        [order[i], order[j]] = [order[j] as string, order[i] as string];
      }
      const rates = new Map<string, number>();
      for (const name of order) rates.set(name, await one(name));
      const of = (name: string): number => rates.get(name) ?? 0;
      const ratio = of('memory') / Math.max(...brokers.map(of));
      if (brokers.length > 0) ratios.push(ratio);
      row([String(block), ...names.map((name) => rate(of(name))), brokers.length > 0 ? ratio.toFixed(2) : '']);
    }
    if (brokers.length === 0) return;
    verdict(
      'memory ÷ the fastest broker',
      medianRange(ratios, 2),
      `at least ${timesFaster}`,
      median(ratios) >= timesFaster,
    );
  });
}
