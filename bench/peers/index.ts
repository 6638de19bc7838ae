/** mqbench beside the field's own tools, on one server, with the same settings, in pairs of drawn order. */
import type { Suite, SuiteOptions } from '../options.js';
import { type PairsResult, runPairs } from '../pairs.js';
import { verdict } from '../print.js';
import { Sessions, throughputOf } from '../sessions.js';
import { consumers } from '../settings.js';
import { ensureKafkaTools, runConsumerPerformance, runProducerPerformance } from './kafka-tools.js';
import { drainRate, fill, onDestination, publishRate } from './one-side.js';
import { ensurePerfTest, runPerfTest } from './perf-test.js';
import { runPython } from './python.js';
import { ensurePython } from './venv.js';

const warmupSeconds = 3;

export const peers: Suite = {
  summary: "mqbench beside PerfTest, Kafka's own tools, pika, kafka-python and stomp.py",
  async run(o) {
    const comparisons: Readonly<Record<string, (o: SuiteOptions, sessions: Sessions) => Promise<void>>> = {
      rabbitmq: besideRabbitmqTools,
      kafka: besideKafkaTools,
      activemq: (options, sessions) =>
        besidePython(options, sessions, 'activemq', 'stomp.py', 'activemq_stomp.py', false),
    };
    for (const target of o.targets ?? Object.keys(comparisons)) {
      const compare = comparisons[target];
      if (!compare) throw new Error(`nothing to compare with for ${target}`);
      await Sessions.with([target], o, (sessions) => compare(o, sessions));
    }
  },
};

function tell(what: string, { median, ratios }: PairsResult): void {
  const range = `${median.toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)})`;
  verdict(`mqbench ÷ ${what}`, range, 'at least 1.0', median >= 1);
}

/** How many messages take the seconds that a side is measured. */
function messagesFor(o: SuiteOptions, perSecond: number): number {
  return o.messages ?? Math.max(1_000, Math.round(perSecond * (o.seconds ?? 5)));
}

/** mqbench's whole run: one producer, four consumers. */
async function mqbenchRate(o: SuiteOptions, sessions: Sessions, target: string): Promise<number> {
  const extent = o.messages === undefined ? { seconds: o.seconds ?? 5 } : { messages: o.messages };
  return throughputOf(await sessions.run(target, { sizeBytes: o.sizeBytes, extent, warmupSeconds, seed: o.seed }));
}

async function besideRabbitmqTools(o: SuiteOptions, sessions: Sessions): Promise<void> {
  const tool = await ensurePerfTest(o.signal);
  const { endpoint } = sessions.get('rabbitmq').server;
  const { sizeBytes, signal } = o;
  const perfTest = (): Promise<number> =>
    onDestination(sessions, 'rabbitmq', consumers, ({ name: queue }) =>
      runPerfTest({ tool, endpoint, queue, sizeBytes, warmupSeconds, signal, seconds: Math.ceil(o.seconds ?? 5) }),
    );
  await mqbenchRate(o, sessions, 'rabbitmq');
  tell(
    'PerfTest',
    await runPairs(
      `RabbitMQ, ${sizeBytes} B, 1 producer, ${consumers} consumers, confirms and acknowledgements on`,
      { name: 'PerfTest', run: perfTest },
      { name: 'mqbench', run: () => mqbenchRate(o, sessions, 'rabbitmq') },
      o.pairs ?? 5,
      o,
    ),
  );
  await besidePython(o, sessions, 'rabbitmq', 'pika without confirms', 'rabbitmq_pika.py', false);
  await besidePython(o, sessions, 'rabbitmq', 'pika with confirms', 'rabbitmq_pika.py', true);
}

async function besideKafkaTools(o: SuiteOptions, sessions: Sessions): Promise<void> {
  const tool = await ensureKafkaTools(o.signal);
  const { endpoint } = sessions.get('kafka').server;
  const { sizeBytes, signal, seed } = o;
  // Also what warms the broker up, and says how many messages take how long.
  const messages = messagesFor(o, await mqbenchRate(o, sessions, 'kafka'));
  const side = { sessions, target: 'kafka', sizeBytes, seed, messages };
  const java = { tool, endpoint, sizeBytes, messages, signal };

  tell(
    'ProducerPerformance',
    await runPairs(
      `Kafka, ${sizeBytes} B, producing only: 1 producer, ${consumers} partitions, acks=all`,
      {
        name: 'ProducerPerf',
        run: () =>
          onDestination(sessions, 'kafka', consumers, ({ name: topic }) =>
            runProducerPerformance({ ...java, topic }, Math.ceil(messages / 2)),
          ),
      },
      {
        name: 'mqbench',
        run: () =>
          onDestination(sessions, 'kafka', consumers, (destination) =>
            publishRate({ ...side, destination }, Math.ceil(messages / 2)),
          ),
      },
      o.pairs ?? 5,
      o,
    ),
  );
  tell(
    'ConsumerPerformance',
    await runPairs(
      `Kafka, ${sizeBytes} B, receiving only: ${messages.toLocaleString('en')} messages wait in 1 partition for 1 consumer`,
      {
        name: 'ConsumerPerf',
        run: () =>
          onDestination(sessions, 'kafka', 1, async (destination) => {
            await fill({ ...side, destination });
            return runConsumerPerformance({ ...java, topic: destination.name });
          }),
      },
      {
        name: 'mqbench',
        run: () => onDestination(sessions, 'kafka', 1, (destination) => drainRate({ ...side, destination })),
      },
      o.pairs ?? 5,
      o,
    ),
  );
  await besidePython(o, sessions, 'kafka', 'kafka-python', 'kafka_python.py', false);
}

async function besidePython(
  o: SuiteOptions,
  sessions: Sessions,
  target: string,
  name: string,
  script: string,
  confirms: boolean,
): Promise<void> {
  const python = await ensurePython(o.signal);
  const { endpoint } = sessions.get(target).server;
  const once = (messages: number, warmup: number): Promise<number> =>
    onDestination(sessions, target, consumers, ({ name: destination }) =>
      runPython({ python, script, endpoint, destination, sizeBytes: o.sizeBytes, confirms, messages, warmup }),
    );
  // Each side gets as many messages as it takes for the same time.
  const first = await once(1_000, 500);
  await mqbenchRate(o, sessions, target);
  tell(
    name,
    await runPairs(
      `${target}, ${o.sizeBytes} B, 1 producer, ${consumers} consumers`,
      { name, run: () => once(messagesFor(o, first), Math.ceil(first)) },
      { name: 'mqbench', run: () => mqbenchRate(o, sessions, target) },
      o.pairs ?? 5,
      o,
    ),
  );
}
