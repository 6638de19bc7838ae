/**
 * Made-up results with the shape and the scale of real ones, for whatever reads results. Same options, same
 * result: the scatter comes from a seeded generator.
 */
import type { Histogram } from 'hdr-histogram-js';
import { jainIndex } from '../../src/metrics/delivery.js';
import { histogramRecord, newHistogram } from '../../src/metrics/histogram.js';
import { recordNs } from '../fixtures/histogram.js';
import { type Evidence, judge, judgeRate } from '../../src/metrics/judge.js';
import type {
  BrokerSampleRecord,
  BrokerTimeline,
  DeliveryRecord,
  Figures,
  Result,
  RunRecord,
  Sample,
  TargetRecord,
  WorkerLoad,
} from '../../src/results/schema.js';
import type { Guarantee } from '../../src/brokers/adapter.js';
import type { AxisName } from '../../src/scenario/axes.js';
import type { RunLoad } from '../../src/scenario/types.js';

/** What a made-up target does at 100 B; larger messages are slower by `byteCost`. */
interface Behaviour {
  readonly record: TargetRecord;
  /** Messages a second. */
  readonly rate: number;
  /** Microseconds a byte. */
  readonly byteCost: number;
  /** Median end-to-end latency in ms under saturation, and at a fixed rate. */
  readonly latencyMs: { readonly closed: number; readonly rate: number };
  /** How heavy the tail is: exponent of the log-logistic distribution. */
  readonly tail: number;
  /** Event-loop utilisation of the producer and how often its window is full. */
  readonly producerLoop: number;
  readonly windowFull: number;
}

const behaviours: readonly Behaviour[] = [
  {
    record: {
      name: 'rabbitmq',
      adapter: 'rabbitmq',
      provider: 'local',
      product: 'RabbitMQ',
      version: '3.10.8',
      versionWarning: 'RabbitMQ 3.10.8 is no longer supported by its makers; newer versions behave differently.',
      nodes: 1,
      client: { name: 'amqplib', version: '2.3.1' },
      url: 'amqp://127.0.0.1:5672/',
      provenance: { package: 'rabbitmq-server 3.10.8-1.1+deb12u1' },
      options: { queueType: 'classic' },
      dispatch: 'dynamic',
      confirmMeans: 'The queue has taken the message: it is in its files, or a consumer has already acknowledged it.',
      guaranteeSettings: {
        queue: 'durable, classic',
        'delivery mode': 'persistent',
        mandatory: 'yes',
        'publisher confirms': 'on',
        acknowledgement: 'each message, after processing',
      },
    },
    rate: 12_400,
    byteCost: 0.012,
    latencyMs: { closed: 74, rate: 0.62 },
    tail: 0.11,
    producerLoop: 0.61,
    windowFull: 0.97,
  },
  {
    record: {
      name: 'kafka',
      adapter: 'kafka',
      provider: 'local',
      product: 'Apache Kafka',
      version: '4.3.1',
      nodes: 1,
      client: { name: 'kafkajs', version: '2.2.4' },
      url: 'kafka://127.0.0.1:9092',
      provenance: { maven: 'org.apache.kafka:kafka_2.13:4.3.1', java: 'OpenJDK 17.0.13' },
      options: { lingerMs: 2, batchSize: 1000 },
      dispatch: 'static',
      confirmMeans:
        "The one replica has the message in its log, in the page cache unless the topic's flush settings say otherwise (acks=all).",
      guaranteeSettings: {
        acks: 'all',
        'enable.idempotence': 'false',
        retries: '0',
        'requests in flight': '5',
        'replication.factor': '1',
        commits: 'after processing, every 1000 ms',
      },
    },
    rate: 46_800,
    byteCost: 0.018,
    latencyMs: { closed: 21, rate: 3.4 },
    tail: 0.16,
    producerLoop: 0.96,
    windowFull: 0.21,
  },
  {
    record: {
      name: 'activemq',
      adapter: 'stomp',
      provider: 'local',
      product: 'Apache ActiveMQ Classic',
      version: '6.3.1',
      nodes: 1,
      client: { name: 'stompit', version: '1.0.0' },
      url: 'stomp://127.0.0.1:61613',
      provenance: { maven: 'org.apache.activemq:activemq-broker:6.3.1', java: 'OpenJDK 17.0.13' },
      options: { ack: 'client-individual' },
      dispatch: 'dynamic',
      confirmMeans: 'The message is in the KahaDB journal and the journal has been synced to disk (a receipt).',
      guaranteeSettings: {
        persistent: 'true',
        receipt: 'on every SEND',
        ack: 'client-individual',
        journalDiskSyncStrategy: "always (the broker's default)",
      },
    },
    rate: 5_150,
    byteCost: 0.02,
    latencyMs: { closed: 181, rate: 1.9 },
    tail: 0.19,
    producerLoop: 0.48,
    windowFull: 0.99,
  },
];

export interface FixtureOptions {
  readonly id?: string;
  readonly seed?: number;
  readonly sizes?: readonly number[];
  readonly repetitions?: number;
  /** Messages of a run. */
  readonly messages?: number;
  readonly load?: Result['scenario']['load'];
  /** Names out of rabbitmq, kafka, activemq; all three by default. */
  readonly targets?: readonly string[];
  /** Asked for and not had. */
  readonly missing?: Result['missing'];
  /** Multiplies every rate. */
  readonly speed?: number;
  /** Last word on each run; undefined drops it. */
  readonly alterRun?: (run: RunRecord) => RunRecord | undefined;
  /** Last word on each target. */
  readonly alterTarget?: (target: TargetRecord) => TargetRecord;
}

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Log-logistic latencies: `count` of them, evenly spread over the distribution. */
function latencies(count: number, medianMs: number, tail: number): Histogram {
  const histogram = newHistogram();
  const distinct = Math.min(count, 4_000);
  for (let i = 0; i < distinct; i++) {
    const p = (i + 0.5) / distinct;
    const spike = p > 0.997 ? 1 + (p - 0.997) * 400 : 1;
    const ns = Math.round(medianMs * 1e6 * (p / (1 - p)) ** tail * spike);
    histogram.recordValueWithCount(Math.max(1, ns), Math.floor(count / distinct));
  }
  for (let i = Math.floor(count / distinct) * distinct; i < count; i++) recordNs(histogram, medianMs * 1e6);
  return histogram;
}

function makeRun(
  b: Behaviour,
  sizeBytes: number,
  repetition: number,
  order: number,
  o: Required<Pick<FixtureOptions, 'messages' | 'speed'>> & { readonly load: RunLoad; readonly walking: boolean },
  random: () => number,
): RunRecord {
  const { load, messages } = o;
  const scatter = 1 + (random() - 0.5) * 0.16;
  const capacity = (o.speed * scatter * 1e6) / (1e6 / b.rate + sizeBytes * b.byteCost);
  const throughput = load.kind === 'rate' ? Math.min(capacity, load.perSecond * 0.998) : capacity;
  const measuredSeconds = messages / throughput;
  const tailSeconds = load.kind === 'rate' ? 0.004 : 0.05 + random() * 0.1;
  const figures: Figures = {
    throughput,
    megabytesPerSecond: (throughput * sizeBytes) / 1e6,
    publishRate: throughput * (1.01 + random() * 0.03),
    steadyRate: throughput * (1 + random() * 0.03),
    tailSeconds,
    measuredSeconds,
    ...(load.kind === 'rate'
      ? { targetRate: load.perSecond, achievedRate: load.perSecond * (0.9985 + random() * 0.001) }
      : {}),
  };
  const medianMs =
    (load.kind === 'rate' ? b.latencyMs.rate : b.latencyMs.closed) * (2 - scatter) * (1 + sizeBytes / 40_000);
  const endToEnd = latencies(messages, medianMs, b.tail);
  const publish = latencies(messages, medianMs * 0.55, b.tail * 0.9);
  const service = load.kind === 'rate' ? 0.93 : 1;
  const delivery: DeliveryRecord = {
    sent: messages,
    confirmed: messages,
    unconfirmed: 0,
    received: messages,
    unique: messages,
    duplicates: 0,
    lost: 0,
    outOfOrder: 0,
    redelivered: 0,
    redeliveredKnown: b.record.adapter !== 'kafka',
    corrupt: 0,
    foreign: 0,
  };
  const consumers = 4;
  const weights = Array.from({ length: consumers }, () =>
    b.record.dispatch === 'static' ? 1 : 1 + (random() - 0.5) * 0.12,
  );
  const weightSum = weights.reduce((x, y) => x + y, 0);
  const perConsumer = weights.map((w) => Math.floor((w / weightSum) * messages));
  perConsumer[0] = (perConsumer[0] ?? 0) + messages - perConsumer.reduce((x, y) => x + y, 0);
  const workers: WorkerLoad[] = [
    {
      role: 'producer',
      index: 0,
      pid: 4000 + order * 10,
      messages,
      cpu: b.producerLoop * 0.97,
      loop: Math.min(0.995, b.producerLoop * (0.97 + random() * 0.05)),
      rssBytes: 96e6,
      windowFull: load.kind === 'rate' ? 0 : b.windowFull,
      ...(load.kind === 'rate' ? { scheduleSlipP99Ms: 0.4 + random(), scheduleSlipMaxMs: 3 + random() * 4 } : {}),
    },
    ...perConsumer.map((n, index): WorkerLoad => ({
      role: 'consumer',
      index,
      pid: 4001 + order * 10 + index,
      messages: n,
      cpu: b.producerLoop * 0.45,
      loop: b.producerLoop * (0.4 + random() * 0.1),
      rssBytes: 82e6,
    })),
  ];
  const machine = { cpu: 0.62 + random() * 0.2, steal: random() * 0.02 };
  const behind = Math.max(0, (figures.targetRate ?? 0) - throughput) * measuredSeconds;
  const evidence: Evidence = {
    guarantee: 'at-least-once',
    load,
    walking: o.walking,
    figures,
    delivery,
    workers,
    machine,
    negativeTimes: 0,
    backlogAtLastSend: Math.max(load.kind === 'rate' ? load.perSecond * 0.002 : 800, behind * 0.9),
    backlogCourse: [0.5, 0.75, 1].map((share) => ({ x: share * measuredSeconds, y: share * behind })),
    error: undefined,
    incidents: [],
    firstFailure: undefined,
    broker: undefined,
  };
  const verdict = judge(evidence);
  const rate = judgeRate(evidence, verdict);
  const cell = cellId(b.record.name, sizeBytes, o.walking && load.kind === 'rate' ? load.perSecond : undefined);
  return {
    id: `${cell}#${repetition}`,
    order,
    cell,
    repetition,
    startedAt: new Date(Date.UTC(2026, 10, 21, 10, 15, order * 20)).toISOString(),
    complete: true,
    figures,
    latency: {
      endToEnd: histogramRecord(endToEnd),
      publish: histogramRecord(publish),
      endToEndService: histogramRecord(latencies(messages, medianMs * service, b.tail)),
      publishService: histogramRecord(latencies(messages, medianMs * 0.55 * service, b.tail * 0.9)),
    },
    delivery,
    share: { perConsumer, jain: jainIndex(perConsumer) },
    workers,
    machine: { ...machine, loadAverage: 2.1, brokerCpu: 0.8, brokerRssBytes: 640e6 },
    ...(rate === undefined ? {} : { rate }),
    samples: samples(throughput, measuredSeconds, tailSeconds, random),
    broker: brokerTimeline(b, throughput, measuredSeconds, tailSeconds),
    verdict,
  };
}

const cellId = (target: string, sizeBytes: number, rate?: number): string =>
  `${target}/${sizeBytes}B${rate === undefined ? '' : `@${rate}`}`;

const warmupSeconds = 5;

function samples(throughput: number, measuredSeconds: number, tailSeconds: number, random: () => number): Sample[] {
  const seconds = measuredSeconds + warmupSeconds < 30 ? 0.2 : 1;
  const list: Sample[] = [];
  const lastSend = measuredSeconds - tailSeconds;
  for (let i = Math.floor(-warmupSeconds / seconds); i * seconds < measuredSeconds; i++) {
    const t = Number((i * seconds).toFixed(3));
    const rise = t < 0 ? Math.min(1, (t + warmupSeconds + 0.3) / 2.5) : 1;
    const part = Math.min(1, (measuredSeconds - t) / seconds);
    const n = Math.round(throughput * seconds * rise * part * (0.94 + random() * 0.12));
    const sending = t <= lastSend;
    list.push({
      t,
      seconds,
      phase: t < 0 ? 'warmup' : sending ? 'measure' : 'drain',
      sent: sending ? n : 0,
      confirmed: sending ? n : 0,
      received: n,
      perConsumer: [0, 1, 2, 3].map(() => n / 4),
      machineCpu: 0.7,
      brokerCpu: 0.8,
    });
  }
  return list;
}

/** What the broker said once a second, of each kind in its own figures. */
function brokerTimeline(
  b: Behaviour,
  throughput: number,
  measuredSeconds: number,
  tailSeconds: number,
): BrokerTimeline {
  const list: BrokerSampleRecord[] = [];
  for (let t = -warmupSeconds + 0.7; t < measuredSeconds; t++) {
    const waiting = Math.round(400 + 300 * Math.sin(t * 1.7));
    list.push({
      t: Number(t.toFixed(3)),
      phase: t < 0 ? 'warmup' : t <= measuredSeconds - tailSeconds ? 'measure' : 'drain',
      ...(b.record.adapter === 'kafka' ? { lag: waiting } : { ready: waiting, unacknowledged: 200 }),
      inPerSecond: throughput,
      process: { cpu: 0.8 + 0.1 * Math.cos(t), rssBytes: 640e6, diskWrittenBytesPerSecond: 4e6 },
      workersCpu: 1.1 + 0.1 * Math.sin(t),
    });
  }
  return { source: 'management API', refreshSeconds: 1, samples: list, notes: [] };
}

/** A result of three targets, three sizes and three repetitions, every run good, unless told otherwise. */
export function makeResult(o: FixtureOptions = {}): Result {
  const sizes = o.sizes ?? [100, 1_000, 10_000];
  const repetitions = o.repetitions ?? 3;
  const load = o.load ?? { kind: 'closed', inFlight: 1_000 };
  const messages = o.messages ?? 100_000;
  const random = generator(o.seed ?? 1);
  const wanted = behaviours.filter((b) => o.targets?.includes(b.record.name) ?? true);
  const runs: RunRecord[] = [];
  const skipped: NonNullable<Result['skipped']> = [];
  const rates = load.kind === 'walk' ? load.ratesPerSecond : [undefined];
  for (let repetition = 1; repetition <= repetitions; repetition++)
    for (const sizeBytes of sizes) {
      const behind = new Set<string>();
      for (const rate of rates)
        for (const b of wanted) {
          if (behind.has(b.record.name)) {
            const cell = cellId(b.record.name, sizeBytes, rate);
            skipped.push({ cell, repetition, reason: 'it fell behind at a lower rate' });
            continue;
          }
          const of: RunLoad = load.kind === 'walk' ? { kind: 'rate', perSecond: rate ?? 0 } : load;
          const how = {
            // A walk is measured by time.
            messages: rate === undefined ? messages : rate * 10,
            load: of,
            speed: o.speed ?? 1,
            walking: rate !== undefined,
          };
          const run = makeRun(b, sizeBytes, repetition, runs.length + 1, how, random);
          if (how.walking && run.rate?.kept === false) behind.add(b.record.name);
          const altered = o.alterRun ? o.alterRun(run) : run;
          if (altered) runs.push(altered);
        }
    }
  const missing = o.missing ?? [];
  const names = [...wanted.map((b) => b.record.name), ...missing.map((m) => m.target)];
  return {
    schema: 'mqbench.result',
    version: 1,
    id: o.id ?? '2026-11-21T10-15-00Z-round-robin',
    startedAt: '2026-11-21T10:15:00.000Z',
    finishedAt: '2026-11-21T10:31:12.000Z',
    partial: false,
    mqbench: { version: '0.1.0', gitRevision: '4f1c2d9', gitDirty: false },
    commandLine: ['run', 'round-robin'],
    environment: {
      cpuModel: 'AMD EPYC 7B13',
      cores: 2,
      memoryBytes: 8_339_353_600,
      kernel: '6.1.0-18-amd64',
      os: 'Debian GNU/Linux 12 (bookworm)',
      architecture: 'x64',
      virtualisation: 'kvm',
      node: '20.20.2',
      loadAverageAtStart: 0.4,
      fingerprint: 'a'.repeat(64),
    },
    scenario: {
      name: 'round-robin',
      description: 'One producer, four consumers sharing one queue: who moves most, and how evenly?',
      digest: 'b'.repeat(64),
      pattern: 'work-queue',
      producers: 1,
      consumers: 4,
      messages,
      sizes: [...sizes],
      guarantee: 'at-least-once',
      load,
      prefetch: 200,
      repetitions,
      warmupSeconds,
      drainSeconds: 30,
      pauseSeconds: 2,
      seed: 1,
    },
    targets: wanted.map((b) => (o.alterTarget ? o.alterTarget(b.record) : b.record)),
    missing,
    cells: names.flatMap((target) =>
      sizes.flatMap((sizeBytes) =>
        rates.map((rate) => ({
          id: cellId(target, sizeBytes, rate),
          target,
          sizeBytes,
          ...(rate === undefined ? {} : { ratePerSecond: rate }),
        })),
      ),
    ),
    refused: [],
    ...(skipped.length === 0 ? {} : { skipped }),
    runs,
    warnings: [],
  };
}

/** Asked for three, got two; interrupted during the last repetition; one cell refused. */
export function makePartialResult(): Result {
  const result = makeResult({
    targets: ['rabbitmq', 'kafka'],
    missing: [{ target: 'activemq', reason: 'Java 17 or later is needed and was not found' }],
    alterRun: (run) =>
      run.repetition < 3 ? run : run.order < 15 ? run : run.order === 15 ? makeIncomplete(run) : undefined,
  });
  return {
    ...result,
    partial: true,
    partialReason: 'interrupted',
    refused: [
      {
        cell: { id: 'kafka/2000000B', target: 'kafka', sizeBytes: 2_000_000 },
        reason: 'kafka takes bodies of at most 1,000,000 bytes',
      },
    ],
    warnings: ['the discarded first run of kafka did not end well: timed out'],
  };
}

/** The same run, cut off before anything was measured. */
export function makeIncomplete(run: RunRecord): RunRecord {
  const { id, order, cell, repetition, startedAt } = run;
  return {
    id,
    order,
    cell,
    repetition,
    startedAt,
    complete: false,
    error: 'interrupted',
    workers: [],
    samples: [],
    verdict: { status: 'invalid', bound: 'unknown', evidence: ['the run did not end well: interrupted'], warnings: [] },
  };
}

/** The same run with messages lost: failed, and suspiciously fast. */
export function makeFailed(run: RunRecord, lost = 37): RunRecord {
  if (!run.delivery || !run.figures) return run;
  return {
    ...run,
    figures: { ...run.figures, throughput: run.figures.throughput * 1.4 },
    delivery: {
      ...run.delivery,
      received: run.delivery.received - lost,
      unique: run.delivery.unique - lost,
      lost,
    },
    verdict: {
      ...run.verdict,
      status: 'failed',
      evidence: [`${lost} confirmed messages never arrived`, ...run.verdict.evidence],
    },
  };
}

/** The same run, whose generator fell behind. */
export function makeInvalid(run: RunRecord): RunRecord {
  return {
    ...run,
    verdict: {
      status: 'invalid',
      bound: 'unknown',
      evidence: [
        'the generator missed its schedule: 1,900 of 2,000 messages a second were sent',
        ...run.verdict.evidence,
      ],
      warnings: [],
    },
  };
}

/** Nothing came to pass: no target could be had. */
export function makeEmptyResult(): Result {
  return {
    ...makeResult({ targets: [], missing: [{ target: 'rabbitmq', reason: 'nothing listens there' }], sizes: [100] }),
    partial: true,
    partialReason: 'no target could be had',
  };
}

/** The result with each cell once for every value of an axis; a larger number is as much faster as its square root. */
export function withAxis(result: Result, name: AxisName, values: readonly (number | Guarantee)[]): Result {
  const renamed = (id: string, value: number | Guarantee): string => {
    const [before = '', ...rate] = id.split('@');
    const joint = before.split('/').length > 2 ? ',' : '/';
    return [`${before}${joint}${name}=${value}`, ...rate].join('@');
  };
  const speed = (value: number | Guarantee): number => (typeof value === 'number' ? Math.sqrt(value) : 1);
  return {
    ...result,
    scenario: { ...result.scenario, axes: { ...result.scenario.axes, [name]: [...values] } },
    cells: result.cells.flatMap((cell) =>
      values.map((value) => ({ ...cell, id: renamed(cell.id, value), axes: { ...cell.axes, [name]: value } })),
    ),
    runs: result.runs.flatMap((run) =>
      values.map((value) => ({
        ...run,
        id: `${renamed(run.cell, value)}#${run.repetition}`,
        cell: renamed(run.cell, value),
        ...(run.figures
          ? { figures: { ...run.figures, throughput: Math.round(run.figures.throughput * speed(value)) } }
          : {}),
      })),
    ),
  };
}

/** The result with one target more, which behaves like another and has another name. */
export function withTarget(result: Result, like: string, name: string): Result {
  const record = result.targets.find((target) => target.name === like);
  const renamed = (cell: string) => cell.replace(like, name);
  return {
    ...result,
    targets: [...result.targets, ...(record ? [{ ...record, name }] : [])],
    cells: [
      ...result.cells,
      ...result.cells.flatMap((cell) =>
        cell.target === like ? [{ ...cell, id: renamed(cell.id), target: name }] : [],
      ),
    ],
    runs: [
      ...result.runs,
      ...result.runs.flatMap((run) =>
        run.cell.startsWith(`${like}/`) ? [{ ...run, id: renamed(run.id), cell: renamed(run.cell) }] : [],
      ),
    ],
  };
}
