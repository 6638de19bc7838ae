/**
 * The shape of result.json, versioned. Units are in the names. Everything a report, a comparison or a verdict
 * needs is here; no broker and no other file is. Unknown keys are refused so that a typo cannot pass for data.
 */
import { z } from 'zod';
import { confirmModes } from '../confirms/modes.js';
import { patternSchema } from './pattern-schema.js';
import { faultKinds } from '../faults/fault.js';

/** Raised when a reader of an older version could misread the file. */
export const resultVersion = 1;

/** What is drawn has to lie where a picture can be: far beyond, the rasteriser ends the process. */
const amount = z.number().nonnegative().max(1e18);
const moment = z.number().min(-1e9).max(1e9);

/** An HDR histogram of nanoseconds, V2 compressed and base64 as HdrHistogram's log format has it, with its headline figures in milliseconds. */
export const histogramSchema = z.strictObject({
  count: z.number().int().nonnegative(),
  hdr: z.string(),
  minMs: amount,
  meanMs: amount,
  p50Ms: amount,
  p90Ms: amount,
  p95Ms: amount,
  p99Ms: amount,
  p999Ms: amount,
  p9999Ms: amount,
  maxMs: amount,
});
export type HistogramRecord = z.infer<typeof histogramSchema>;

/** How messages were offered; rates are messages a second over all producers together. */
const arriving = { arrivals: z.literal('poisson').optional() };
const runLoadSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('closed'), inFlight: z.number().int() }),
  z.strictObject({ kind: z.literal('rate'), perSecond: z.number(), ...arriving }),
  z.strictObject({
    kind: z.literal('ramp'),
    fromPerSecond: z.number(),
    toPerSecond: z.number(),
    overSeconds: z.number(),
    ...arriving,
  }),
  z.strictObject({
    kind: z.literal('bursts'),
    perSecond: z.number(),
    onSeconds: z.number(),
    offSeconds: z.number(),
    ...arriving,
  }),
]);
export const loadSchema = z.discriminatedUnion('kind', [
  ...runLoadSchema.options,
  /** One run at each rate, upwards, until the target falls behind. */
  z.strictObject({ kind: z.literal('walk'), ratesPerSecond: z.array(z.number()), ...arriving }),
]);

/** Exact counts from the sequence numbers of the measured phase. */
export const deliverySchema = z.strictObject({
  sent: z.number().int(),
  confirmed: z.number().int(),
  /** Sent, never confirmed: neither lost nor delivered as far as anyone promised. */
  unconfirmed: z.number().int(),
  /** Every delivery, duplicates included. */
  received: z.number().int(),
  unique: z.number().int(),
  duplicates: z.number().int(),
  /** Confirmed and never received. */
  lost: z.number().int(),
  outOfOrder: z.number().int(),
  redelivered: z.number().int(),
  /** False where the broker cannot tell; redelivered is then 0 and means nothing. */
  redeliveredKnown: z.boolean(),
  corrupt: z.number().int(),
  /** Deliveries that belong to another run or to no run. */
  foreign: z.number().int(),
  /** Where each consumer has a subscription of its own: deliveries that no binding of the subscriber asks for. */
  unexpected: z.number().int().optional(),
});
export type DeliveryRecord = z.infer<typeof deliverySchema>;

/** What one subscriber must have got, and got. */
export const subscriberSchema = z.strictObject({
  /** Its index, from 0; its bindings stand in the scenario. */
  consumer: z.number().int(),
  /** Confirmed messages that its bindings ask for; of one that came late and is not durable, those from then on. */
  expected: z.number().int(),
  received: z.number().int(),
  unique: z.number().int(),
  duplicates: z.number().int(),
  /** Deliveries that the broker itself says it made before; absent where it does not tell. */
  redelivered: z.number().int().optional(),
  lost: z.number().int(),
  /** Messages that no binding of it asks for, or that were over when it came. */
  unexpected: z.number().int(),
  /** It joined while the measured part went on. */
  late: z.boolean().optional(),
});
export type SubscriberRecord = z.infer<typeof subscriberSchema>;

/** A second reading of everything from the beginning, after the first had come to its end. */
export const replaySchema = z.strictObject({
  /** Confirmed messages of the measured part. */
  expected: z.number().int(),
  received: z.number().int(),
  unique: z.number().int(),
  duplicates: z.number().int(),
  lost: z.number().int(),
  corrupt: z.number().int(),
  /** Last − first receipt of the second reading. */
  seconds: z.number(),
  perSecond: z.number(),
});
export type ReplayRecord = z.infer<typeof replaySchema>;

/** Calls of the measured phase, by the sequence numbers of their requests. */
export const callsSchema = z.strictObject({
  /** Requests whose reply came. */
  answered: z.number().int(),
  /** Confirmed requests whose reply never came. */
  unanswered: z.number().int(),
  /** Further replies to answered requests. */
  duplicates: z.number().int(),
  /** Replies with changed bytes. */
  corrupt: z.number().int(),
  /** Replies to another request than the one they came for, or to none. */
  misdirected: z.number().int(),
});
export type CallsRecord = z.infer<typeof callsSchema>;

export const workerLoadSchema = z.strictObject({
  role: z.enum(['producer', 'consumer']),
  index: z.number().int(),
  pid: z.number().int(),
  messages: z.number().int(),
  /** Share of one core over the measured part, 1 = a whole core. */
  cpu: z.number(),
  /** Event-loop utilisation, 0 to 1. */
  loop: z.number(),
  rssBytes: z.number(),
  /** Ended by a fault; its load is not known. */
  killed: z.literal(true).optional(),
  /** Producers: share of the samples in which the in-flight window was full. */
  windowFull: z.number().optional(),
  /** Producers at a fixed rate: how late sends were. */
  scheduleSlipP99Ms: z.number().optional(),
  scheduleSlipMaxMs: z.number().optional(),
});
export type WorkerLoad = z.infer<typeof workerLoadSchema>;

/**
 * One interval of a run: counts, not rates; divide by `seconds`. Intervals are shorter in short runs, so that a
 * run of two seconds still shows its course.
 */
export const sampleSchema = z.strictObject({
  /** Start of the interval in seconds since the measured part began (negative in the warm-up and while a queue fills). */
  t: moment,
  /** Width of the interval in seconds. */
  seconds: amount.positive(),
  /** `fill`: a queue fills before anything is received from it. */
  phase: z.enum(['warmup', 'fill', 'measure', 'drain']),
  sent: amount,
  confirmed: amount,
  received: amount,
  /** By consumer index. */
  perConsumer: z.array(amount),
  machineCpu: amount.optional(),
  brokerCpu: amount.optional(),
});
export type Sample = z.infer<typeof sampleSchema>;

/** What the broker's processes of this machine used, a second; what the system does not let us read is absent. */
export const processUseSchema = z.strictObject({
  /** Cores, 1 = a whole core. */
  cpu: amount,
  rssBytes: amount,
  /** To and from the disk, past the page cache. */
  diskReadBytesPerSecond: amount.optional(),
  diskWrittenBytesPerSecond: amount.optional(),
  /** Of the broker's network namespace: a container's own, else the whole machine's, loopback included. */
  networkReceivedBytesPerSecond: amount.optional(),
  networkSentBytesPerSecond: amount.optional(),
});
export type ProcessUse = z.infer<typeof processUseSchema>;

/** What the client libraries of all workers say of the time since the sample before; means, but for the largest lag. */
export const clientUseSchema = z.strictObject({
  produceRequestsPerSecond: amount.optional(),
  produceRequestMs: amount.optional(),
  recordsPerRequest: amount.optional(),
  batchBytes: amount.optional(),
  fetchesPerSecond: amount.optional(),
  fetchMs: amount.optional(),
  recordsLagMax: amount.optional(),
});
export type ClientUse = z.infer<typeof clientUseSchema>;

/** The broker at one moment of a run, as it says itself. Counters since the destination was made, rates a second. */
export const brokerSampleSchema = z.strictObject({
  /** Seconds since the measured part began, as in `samples`. */
  t: moment,
  phase: z.enum(['warmup', 'fill', 'measure', 'drain']),
  ready: amount.optional(),
  unacknowledged: amount.optional(),
  /** Kafka: log end − committed. */
  lag: amount.optional(),
  consumers: amount.optional(),
  in: amount.optional(),
  delivered: amount.optional(),
  acknowledged: amount.optional(),
  inPerSecond: amount.optional(),
  deliveredPerSecond: amount.optional(),
  acknowledgedPerSecond: amount.optional(),
  memoryBytes: amount.optional(),
  /** Share of the broker's memory limit, 0 to 1. */
  memoryShare: amount.optional(),
  storeShare: amount.optional(),
  diskFreeBytes: amount.optional(),
  memoryAlarm: z.boolean().optional(),
  diskAlarm: z.boolean().optional(),
  /** Clients that flow control or an alarm holds up. */
  heldUp: amount.optional(),
  process: processUseSchema.optional(),
  /** Cores that producers and consumers used, 1 = a whole core. */
  workersCpu: amount.optional(),
  clients: clientUseSchema.optional(),
});
export type BrokerSampleRecord = z.infer<typeof brokerSampleSchema>;

export const brokerTimelineSchema = z.strictObject({
  /** Where the broker's figures come from; absent where it has no interface that tells any. */
  source: z.string().optional(),
  /** Seconds between two refreshes of the broker's own counters; 0 where each sample is exact. */
  refreshSeconds: amount.optional(),
  samples: z.array(brokerSampleSchema),
  /** What could not be sampled, and why. */
  notes: z.array(z.string()),
});
export type BrokerTimeline = z.infer<typeof brokerTimelineSchema>;

export const verdictSchema = z.strictObject({
  status: z.enum(['ok', 'invalid', 'failed']),
  /** What limited the run; `rate` where the schedule did and was kept, `work` where the messages' weights did. */
  bound: z.enum(['machine', 'producer', 'consumer', 'broker', 'rate', 'work', 'unknown']),
  /** Why, with figures; the first line is the reason of status or bound. */
  evidence: z.array(z.string()),
  warnings: z.array(z.string()),
});
export type Verdict = z.infer<typeof verdictSchema>;

export const figuresSchema = z.strictObject({
  /** Unique messages ÷ (last receipt − first send); producers alone: the publish rate; a backlog: from the first receipt. */
  throughput: amount,
  /** The same in MB/s (10⁶ bytes of body). */
  megabytesPerSecond: amount,
  /** Confirmed ÷ (last confirm − first send). */
  publishRate: amount,
  /** Receipts (producers alone: confirms) per second over the middle 80 % of messages. */
  steadyRate: amount,
  /** Last receipt − last send. */
  tailSeconds: amount,
  /** Last receipt − first send; producers alone: last confirm − first send; a backlog: last − first receipt. */
  measuredSeconds: amount,
  /** Open loop only: the mean rate of the schedule and what was achieved. */
  targetRate: amount.optional(),
  achievedRate: amount.optional(),
});
export type Figures = z.infer<typeof figuresSchema>;

export const latencySchema = z.strictObject({
  /** Receipt − intended send time. */
  endToEnd: histogramSchema,
  /** Confirm − intended send time. */
  publish: histogramSchema,
  /** Receipt − actual send time. */
  endToEndService: histogramSchema,
  /** Confirm − actual send time. */
  publishService: histogramSchema,
});

/** Whether a figure of a long run moved in one direction all the time. */
export const trendSchema = z.strictObject({
  /** e.g. `messages received per second`, `memory of consumer 2`. */
  what: z.string(),
  unit: z.enum(['per second', 'bytes']),
  /** Both ends of the fitted line. */
  from: z.number(),
  to: z.number(),
  /** (to − from) ÷ the median of the readings. */
  change: z.number(),
  /** Mann and Kendall's test of no trend: standard normal when there is none. */
  z: z.number(),
  /** Beyond the thresholds of docs/measuring.md. */
  drifts: z.boolean(),
});
export type Trend = z.infer<typeof trendSchema>;

export const tasksSchema = z.strictObject({
  /** First send to the end of the last work. */
  completionSeconds: z.number(),
  /** The same, had the work been shared evenly and begun with the first send: all weights ÷ workers. */
  evenSeconds: z.number(),
  /** By consumer index. */
  workers: z.array(
    z.strictObject({
      tasks: z.number().int(),
      busySeconds: z.number(),
      /** busySeconds ÷ completionSeconds. */
      busyShare: z.number(),
      /** Most messages that it had and had not acknowledged. */
      mostHeld: z.number().int(),
    }),
  ),
});
export type TasksRecord = z.infer<typeof tasksSchema>;
/** Something that was broken on purpose. Seconds since the measured part began, or as the name says. */
export const faultSchema = z.strictObject({
  do: z.enum(faultKinds),
  /** In words, e.g. `kill consumer 0`. */
  what: z.string(),
  /** When it was to come, in words. */
  at: z.string(),
  /** It happened to a queue that had been filled, before anything was received from it. */
  filled: z.literal(true).optional(),
  worker: z.number().int().optional(),
  /** Absent: it was not done. */
  startedSeconds: z.number().optional(),
  /** Why it was not done; absent: it was, or the run was over before its time came. */
  missed: z.string().optional(),
  /** When what it took away was there again. */
  endedSeconds: z.number().optional(),
  /** Connections that workers lost and opened again, until the next fault. */
  reconnects: z.number().int(),
  /** Messages confirmed before it that arrived after it, and the seconds from it until the last of them had. */
  earlierMessages: z.number().int().optional(),
  earlierArrivedSeconds: z.number().optional(),
  /**
   * Of a consumer that was killed or silent: seconds until others had received from each partition that was its, or,
   * where there are no partitions, the last message that was delivered again. Absent: nobody took anything over.
   */
  takenOverSeconds: z.number().optional(),
  /** Longest time without a message that arrives for the first time, until the next fault. */
  longestGapSeconds: z.number().optional(),
  /** Until the rate of receipts was for two seconds at least nine tenths of that before; 0: it did not fall; absent: not seen. */
  oldRateAfterSeconds: z.number().optional(),
});
export type FaultRecord = z.infer<typeof faultSchema>;

export const runSchema = z.strictObject({
  id: z.string(),
  order: z.number().int(),
  cell: z.string(),
  repetition: z.number().int(),
  /** ISO 8601. */
  startedAt: z.string(),
  /** False when it did not come to its end: interrupted or an error; `error` then says which. */
  complete: z.boolean(),
  error: z.string().optional(),
  figures: figuresSchema.optional(),
  latency: latencySchema.optional(),
  delivery: deliverySchema.optional(),
  /** Patterns in which each consumer has a subscription of its own. */
  subscribers: z.array(subscriberSchema).optional(),
  /** Patterns with priorities: end-to-end latency by level, the least urgent first. */
  levels: z.array(z.strictObject({ priority: z.number().int(), endToEnd: histogramSchema })).optional(),
  replay: replaySchema.optional(),
  /** Request and reply: throughput is then round trips, and end-to-end latency the round trip's. */
  calls: callsSchema.optional(),
  /** Unique measured messages by consumer, and Jain's index of them. */
  share: z.strictObject({ perConsumer: z.array(z.number()), jain: z.number() }).optional(),
  workers: z.array(workerLoadSchema),
  machine: z
    .strictObject({
      /** Share of all cores busy over the measured part, 0 to 1. */
      cpu: z.number(),
      /** Share of time stolen by the hypervisor, 0 to 1. */
      steal: z.number(),
      loadAverage: z.number(),
      brokerCpu: z.number().optional(),
      brokerRssBytes: z.number().optional(),
    })
    .optional(),
  /** Where messages have weights, the work that they made; a message is then received when its work is done. */
  tasks: tasksSchema.optional(),
  /** Open loop only: whether the target kept up with the rate, and why not. */
  rate: z.strictObject({ kept: z.boolean(), why: z.string() }).optional(),
  /** Late consumers: seconds since the measured part began. */
  joined: z
    .array(
      z.strictObject({
        consumer: z.number().int(),
        askedSeconds: z.number(),
        readySeconds: z.number(),
        firstMessageSeconds: z.number().optional(),
      }),
    )
    .optional(),
  /** In the order in which they came. */
  faults: z.array(faultSchema).optional(),
  /** Connections that were lost in a run with faults, and opened again. */
  reconnects: z
    .array(
      z.strictObject({
        worker: z.string(),
        lostSeconds: z.number(),
        backSeconds: z.number(),
        attempts: z.number().int(),
        why: z.string(),
      }),
    )
    .optional(),
  /** Runs that measured for a minute or more. */
  trends: z.array(trendSchema).optional(),
  samples: z.array(sampleSchema),
  /** About once a second; absent in results of versions that did not sample. */
  broker: brokerTimelineSchema.optional(),
  verdict: verdictSchema,
});
export type RunRecord = z.infer<typeof runSchema>;

const guaranteeSchema = z.enum(['at-most-once', 'at-least-once', 'replicated']);

/** A cell's own values of the keys that vary. */
const axesSchema = z.strictObject({
  producers: z.number().int().exactOptional(),
  consumers: z.number().int().exactOptional(),
  destinations: z.number().int().exactOptional(),
  prefetch: z.number().int().exactOptional(),
  guarantee: guaranteeSchema.exactOptional(),
  /** The word for one, as of loads and weights. */
  payload: z.string().exactOptional(),
  load: z.string().exactOptional(),
  confirms: z.enum(confirmModes).exactOptional(),
  batch: z.number().int().exactOptional(),
  weights: z.string().exactOptional(),
});
/** Sizes that every message draws its own from, in bytes. */
export const sizeDistributionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('uniform'), from: z.number().int(), to: z.number().int() }),
  z.strictObject({
    kind: z.literal('weighted'),
    sizes: z.array(z.strictObject({ size: z.number().int(), share: z.number().int() })).readonly(),
  }),
]);

/** What bodies hold behind their envelope. */
export const payloadSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['random', 'zeros', 'text']) }),
  z.strictObject({
    kind: z.literal('json'),
    template: z.string(),
    /** What a placeholder stands for: one of a list, or of a range of whole numbers. */
    values: z.record(
      z.string(),
      z.union([
        z.array(z.union([z.string(), z.number(), z.boolean()])),
        z.strictObject({ from: z.number().int(), to: z.number().int() }),
      ]),
    ),
  }),
  z.strictObject({ kind: z.literal('file'), name: z.string(), bytes: z.number().int(), sha256: z.string() }),
]);

export const cellSchema = z.strictObject({
  id: z.string(),
  target: z.string(),
  /** Where sizes are drawn: their mean, rounded. */
  sizeBytes: z.number().int(),
  size: sizeDistributionSchema.optional(),
  /** In a walk over rates. */
  ratePerSecond: z.number().exactOptional(),
  /** Absent where the scenario has no further axes; of what is not named the cell has the scenario's value. */
  axes: axesSchema.exactOptional(),
});

export const targetRecordSchema = z.strictObject({
  name: z.string(),
  adapter: z.string(),
  provider: z.enum(['endpoint', 'compose', 'local']),
  product: z.string(),
  version: z.string().optional(),
  versionWarning: z.string().optional(),
  nodes: z.number().int(),
  client: z.strictObject({ name: z.string(), version: z.string() }),
  /** Without credentials. */
  url: z.string(),
  provenance: z.record(z.string(), z.string()),
  options: z.record(z.string(), z.unknown()),
  dispatch: z.enum(['dynamic', 'static']),
  confirmMeans: z.string(),
  guaranteeSettings: z.record(z.string(), z.string()),
  /** Where the guarantee is an axis: the same of each level; the two above are the first one's. */
  byGuarantee: z
    .array(
      z.strictObject({
        guarantee: guaranteeSchema,
        confirmMeans: z.string(),
        settings: z.record(z.string(), z.string()),
      }),
    )
    .optional(),
  /** With faults: what rules how long a dead or a silent consumer keeps its messages. */
  takeover: z.strictObject({ killed: z.string(), silent: z.string() }).optional(),
});
export type TargetRecord = z.infer<typeof targetRecordSchema>;

export const environmentSchema = z.strictObject({
  cpuModel: z.string(),
  cores: z.number().int(),
  /** Cores that a control group leaves us; undefined where there is no limit. */
  coreQuota: z.number().optional(),
  memoryBytes: z.number(),
  kernel: z.string(),
  os: z.string(),
  architecture: z.string(),
  virtualisation: z.string().optional(),
  governor: z.string().optional(),
  node: z.string(),
  loadAverageAtStart: z.number(),
  /** SHA-256 over what makes two machines the same for a comparison. */
  fingerprint: z.string(),
});
export type Environment = z.infer<typeof environmentSchema>;

export const resultSchema = z.strictObject({
  schema: z.literal('mqbench.result'),
  version: z.literal(resultVersion),
  id: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
  /** True when the command did not come to its end. */
  partial: z.boolean(),
  partialReason: z.string().optional(),
  mqbench: z.strictObject({ version: z.string(), gitRevision: z.string().optional(), gitDirty: z.boolean().optional() }),
  /** Arguments without secrets. */
  commandLine: z.array(z.string()),
  environment: environmentSchema,
  scenario: z.strictObject({
    name: z.string(),
    description: z.string(),
    digest: z.string(),
    /** A bare name, or a map of its kind and what that says. */
    pattern: patternSchema,
    producers: z.number().int(),
    consumers: z.number().int(),
    messages: z.number().int().optional(),
    durationSeconds: z.number().optional(),
    sizes: z.array(z.union([z.number().int(), sizeDistributionSchema])),
    /** Absent: random. */
    payload: payloadSchema.optional(),
    guarantee: guaranteeSchema,
    load: loadSchema,
    /** Absent: transfer. */
    work: z.enum(['transfer', 'produce', 'consume', 'backlog']).optional(),
    /** Absent: 1. */
    destinations: z.number().int().optional(),
    lateConsumers: z.strictObject({ count: z.number().int(), afterSeconds: z.number() }).optional(),
    /** What was broken on purpose, in words. */
    faults: z.array(z.string()).optional(),
    prefetch: z.number().int(),
    repetitions: z.number().int(),
    warmupSeconds: z.number(),
    drainSeconds: z.number(),
    pauseSeconds: z.number(),
    seed: z.number().int(),
    /** Keys that vary from cell to cell, with their values; the scenario's own value of such a key is that of no cell in particular. */
    axes: z
      .strictObject({
        producers: z.array(z.number().int()).optional(),
        consumers: z.array(z.number().int()).optional(),
        destinations: z.array(z.number().int()).optional(),
        prefetch: z.array(z.number().int()).optional(),
        guarantee: z.array(guaranteeSchema).optional(),
        payload: z.array(z.string()).optional(),
        load: z.array(z.string()).optional(),
        confirms: z.array(z.enum(confirmModes)).optional(),
        batch: z.array(z.number().int()).optional(),
        weights: z.array(z.string()).optional(),
      })
      .optional(),
    /** What those words of payloads and loads stand for; the pattern has the weights. */
    named: z
      .strictObject({
        payload: z.record(z.string(), payloadSchema).optional(),
        load: z.record(z.string(), runLoadSchema).optional(),
      })
      .optional(),
  }),
  targets: z.array(targetRecordSchema),
  /** Targets that were asked for and could not be had. */
  missing: z.array(z.strictObject({ target: z.string(), reason: z.string() })),
  cells: z.array(cellSchema),
  refused: z.array(z.strictObject({ cell: cellSchema, reason: z.string() })),
  /** Steps of a walk over rates that were not run because the target had fallen behind at a lower one. */
  skipped: z.array(z.strictObject({ cell: z.string(), repetition: z.number().int(), reason: z.string() })).optional(),
  runs: z.array(runSchema),
  warnings: z.array(z.string()),
});
export type Result = z.infer<typeof resultSchema>;
