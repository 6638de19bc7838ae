/** The adapter's own settings. Every one has a stated default and is recorded in the result. */
import { z } from 'zod';

const int = (min: number, max: number) => z.number().int().min(min).max(max);

export const kafkaOptions = z.strictObject({
  /** Most messages in one produce request. */
  batchSize: int(1, 100_000).default(1_000),
  /** Most bytes in one produce request; a larger body travels alone. */
  batchBytes: int(1_024, 64 * 1024 * 1024).default(1024 * 1024),
  /** How long a batch that is not full waits for more messages, in milliseconds; 0 sends what one turn of the event loop brought. */
  lingerMs: int(0, 10_000).default(5),
  /** Produce requests in flight per producer; with `idempotent` always 1. */
  maxInFlight: int(1, 100).default(5),
  /** Whose confirm counts, where the guarantee asks for one: every in-sync replica's, or the leader's alone. */
  acks: z.enum(['all', '1']).default('all'),
  /** The broker drops repeated batches; kafkajs then keeps one request in flight and retries by itself (counted). */
  idempotent: z.boolean().default(false),
  /**
   * What a batch is compressed with before it leaves; gzip is what kafkajs brings with it. Consumers undo it by
   * themselves. kafkajs compresses several batches at once, so one may overtake another unless `maxInFlight` is 1.
   */
  compression: z.enum(['none', 'gzip']).default('none'),
  /** Sync the log to disk every so many messages (topic setting `flush.messages`); null leaves it to the broker. */
  flushMessages: int(1, Number.MAX_SAFE_INTEGER).nullable().default(null),
  /** An offset commit leaves when so many messages of a partition are acknowledged since the last one, … */
  commitEvery: int(1, 1_000_000).default(1_000),
  /** … or when the oldest acknowledged message has waited so long, in milliseconds. */
  commitIntervalMs: int(1, 60_000).default(200),
  /**
   * How long the broker holds a fetch that finds nothing, in milliseconds. It answers as soon as there is a byte
   * (`minBytes` is 1), so this bounds no latency, only how soon a consumer can be stopped or told of a rebalance.
   */
  maxWaitMs: int(10, 5_000).default(100),
  /** Most bytes of one partition in one fetch (a larger message comes alone). */
  maxBytesPerPartition: int(1_024, 64 * 1024 * 1024).default(1024 * 1024),
  /** Most bytes in one fetch (a larger message comes alone). */
  maxBytes: int(1_024, 256 * 1024 * 1024).default(10 * 1024 * 1024),
  /** A consumer that was not heard of for so long, in milliseconds, is dead to its group and its messages go to others. The broker refuses less than its `group.min.session.timeout.ms`, 6 s by default. */
  sessionTimeoutMs: int(1_000, 1_800_000).default(10_000),
  /** How often a consumer tells the group that it lives and learns of a rebalance, in milliseconds. */
  heartbeatIntervalMs: int(50, 60_000).default(500),
});

export type KafkaOptions = z.infer<typeof kafkaOptions>;
