/** Kafka's ProducerPerformance and ConsumerPerformance, from the jars that the local broker runs on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '../../dist/brokers/adapter.js';
import { kafkaOptions } from '../../dist/brokers/kafka/options.js';
import { ensureJava, ensureMavenArtifacts, runCommand } from '../../dist/servers/local/store/index.js';
import { startContext } from '../sessions.js';
import type { JavaTool } from './perf-test.js';

export interface KafkaToolRun {
  readonly tool: JavaTool;
  readonly endpoint: Endpoint;
  readonly topic: string;
  readonly sizeBytes: number;
  readonly messages: number;
  readonly signal: AbortSignal;
}

export async function ensureKafkaTools(signal: AbortSignal): Promise<JavaTool> {
  const context = startContext(signal);
  const { jars } = await ensureMavenArtifacts('kafka', context);
  const { java } = await ensureJava(context);
  return { java, classPath: jars.join(':') };
}

/** kafkajs' batches are so many messages over all partitions; Java's are bytes of one. */
const partitions = 4;
/** What the record format adds to a body, about, in bytes. */
const recordOverhead = 10;

/** The producer settings that mqbench's Kafka producer has, in Java's words. */
function producerSettings(sizeBytes: number): Record<string, string> {
  const { batchSize, lingerMs, maxInFlight } = kafkaOptions.parse({});
  return {
    acks: 'all',
    'enable.idempotence': 'false',
    'compression.type': 'none',
    'linger.ms': String(lingerMs),
    'max.in.flight.requests.per.connection': String(maxInFlight),
    'batch.size': String(Math.ceil((batchSize / partitions) * (sizeBytes + recordOverhead))),
  };
}

/** Records confirmed a second by its own count, after a warm-up of so many records. */
export async function runProducerPerformance(run: KafkaToolRun, warmup: number): Promise<number> {
  const stdout = await tool(run, 'ProducerPerformance', producerSettings(run.sizeBytes), [
    ['--num-records', run.messages + warmup],
    ['--warmup-records', warmup],
    ['--record-size', run.sizeBytes],
    ['--throughput', -1],
  ]);
  // Its last line is the steady state: the records after the warm-up.
  const rate = /([\d.]+) records\/sec/.exec(stdout.trim().split('\n').at(-1) ?? '')?.[1];
  if (rate === undefined) throw new Error('ProducerPerformance printed no rate');
  return Number(rate);
}

/** Records fetched a second by its own count (fetch.nMsg.sec: the time of joining the group is left out). */
export async function runConsumerPerformance(run: KafkaToolRun): Promise<number> {
  const stdout = await tool(run, 'ConsumerPerformance', {}, [
    ['--num-records', run.messages],
    ['--group', `${run.topic}-peer`],
  ]);
  const [head, values] = stdout
    .trim()
    .split('\n')
    .slice(-2)
    .map((line) => line.split(',').map((cell) => cell.trim()));
  const at = (name: string): number => Number(values?.[head?.indexOf(name) ?? -1]);
  if (at('data.consumed.in.nMsg') < run.messages) throw new Error('ConsumerPerformance did not get every message');
  return at('fetch.nMsg.sec');
}

async function tool(
  run: KafkaToolRun,
  name: string,
  settings: Readonly<Record<string, string>>,
  flags: readonly (readonly [string, string | number])[],
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-bench-'));
  try {
    const { username = '', password = '' } = run.endpoint;
    const login = 'org.apache.kafka.common.security.plain.PlainLoginModule';
    const properties: Record<string, string> = {
      ...settings,
      'security.protocol': 'SASL_PLAINTEXT',
      'sasl.mechanism': 'PLAIN',
      'sasl.jaas.config': `${login} required username="${username}" password="${password}";`,
    };
    // In a file of our own: other users of the machine can read a command line.
    const config = join(folder, 'client.properties');
    const text = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(config, text.join(''), { mode: 0o600 });
    const log4j = join(folder, 'log4j2.properties');
    writeFileSync(
      log4j,
      'rootLogger.level=error\nrootLogger.appenderRef.err.ref=err\nappender.err.type=Console\nappender.err.name=err\nappender.err.target=SYSTEM_ERR\n',
    );
    const { ok, stdout, stderr } = await runCommand(
      run.tool.java,
      [
        `-Dlog4j2.configurationFile=${log4j}`,
        '-cp',
        run.tool.classPath,
        `org.apache.kafka.tools.${name}`,
        ...['--bootstrap-server', new URL(run.endpoint.url).host, '--topic', run.topic, '--command-config', config],
        ...flags.flat().map(String),
      ],
      { signal: run.signal, timeoutMs: 180_000 },
    );
    if (!ok) throw new Error(`${name} failed: ${stderr.trim().split('\n').at(-1) ?? ''}`);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
