/** Receives through a kafkajs consumer group and commits what is acknowledged. */
import { PartitionAssigners, type Consumer as KafkaConsumer, type EachBatchPayload, type LogEntry } from 'kafkajs';
import type { KafkaMessage, RetryOptions } from 'kafkajs';
import { BrokerError, messageOf } from '../../errors.js';
import type { Consumer, ConsumerSpec, Delivery, DestinationSpec } from '../adapter.js';
import { partitionsOf, type Group } from './admin.js';
import type { Client } from './client.js';
import { toBrokerError } from './errors.js';
import type { KafkaMetrics } from './metrics.js';
import type { KafkaOptions } from './options.js';
import { keyOf, type Subscription } from './topology.js';
import { settledWithin, sleep } from './waiting.js';
import { within } from '../../within.js';
import { Watermark } from './watermark.js';

/** A rebalance may take every member so long to rejoin, in milliseconds. */
const rebalanceTimeoutMs = 30_000;
/** Pause between two looks at the group while it forms, in milliseconds. */
const groupPollMs = 50;
/** Bounds of a goodbye, in milliseconds; together below the contract's 5 s. */
const lastCommitTimeoutMs = 1_500;
const leaveTimeoutMs = 3_000;

const nobody = Buffer.alloc(0);

/**
 * Joining needs kafkajs' retries: a member that joins while others do is told to start again. Once the group
 * stands, whatever kafkajs repeats is told through events.
 */
const joinRetry: RetryOptions = {
  retries: 10,
  initialRetryTime: 50,
  maxRetryTime: 400,
  restartOnFailure: async () => false,
};

export interface KafkaConsumerContext {
  readonly destination: DestinationSpec;
  readonly subscription: Subscription;
  /** Ready as soon as it is in the group itself, whoever else is. */
  readonly resumes: boolean;
  readonly onCancelled: ConsumerSpec['onCancelled'];
  readonly onMessage: (delivery: KafkaDelivery) => void;
  /** Takes the reply to a request: where to, which, and what. */
  readonly onReply?: (request: KafkaDelivery, body: Buffer) => void;
  readonly options: KafkaOptions;
  readonly where: string;
  readonly open: (retry: RetryOptions, onError: (entry: LogEntry) => void) => Client;
  /** A group as its coordinator sees it. */
  readonly group: (name: string) => Promise<Group>;
  /** The offsets that come next in the destination's partitions. */
  readonly ends: (destination: DestinationSpec) => Promise<ReadonlyMap<string, number>>;
  readonly onRetry: (what: string) => void;
  readonly metrics: KafkaMetrics;
  /** The consumer stopped by itself; resolves to whether the brokers can still be reached. */
  readonly reachable: () => Promise<boolean>;
}

/** A consumer that other parts of the connection can end. */
export interface EndableConsumer extends Consumer {
  /** Cuts the connection without leaving the group. */
  end(error: Error): void;
}

/** Connects a consumer and starts joining; `ready()` waits for the group. */
export async function openConsumer(context: KafkaConsumerContext): Promise<EndableConsumer> {
  const consumer = new GroupMember(context);
  await consumer.start();
  return consumer;
}

/** What the messages of one fetched batch have in common. */
interface Source {
  readonly partition: number;
  readonly key: string | undefined;
  readonly watermark: Watermark | undefined;
  readonly member: GroupMember;
}

/** One message, and where its acknowledgement goes. */
export class KafkaDelivery implements Delivery {
  constructor(
    private readonly message: KafkaMessage,
    private readonly offset: number,
    private readonly source: Source,
  ) {}

  get body(): Buffer {
    return this.message.value ?? nobody;
  }

  get partition(): number {
    return this.source.partition;
  }

  /** Kafka does not say whether it delivered a message before. */
  get redelivered(): undefined {
    return undefined;
  }

  get key(): string | undefined {
    return this.source.key;
  }

  /** A header's text. */
  header(name: string): string | undefined {
    return this.message.headers?.[name]?.toString();
  }

  acknowledge(): void {
    const { watermark, member } = this.source;
    if (watermark === undefined) return;
    watermark.acknowledge(this.offset);
    member.progressed(watermark);
  }

  reply(body: Buffer): void {
    this.source.member.reply(this, body);
  }
}

/** A partition's watermark. */
interface Mark {
  readonly topic: string;
  readonly partition: number;
  readonly watermark: Watermark;
}

class GroupMember implements EndableConsumer {
  readonly #context: KafkaConsumerContext;
  readonly #client: Client;
  readonly #consumer: KafkaConsumer;
  /** Of this generation's partitions; acknowledgements of an older one go nowhere, its messages come again. */
  #marks = new Map<string, Mark>();
  /** Where a subscription without a history begins; nothing before is delivered. */
  #starts: ReadonlyMap<string, number> | undefined;
  #memberId: string | undefined;
  #assigned: readonly string[] = [];
  #stable = false;
  #ended: Error | undefined;
  #closing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #commit: Promise<void> | undefined;
  /** In the middle of a batch: what is acknowledged meanwhile is committed with the rest of it. */
  #delivering = false;

  constructor(context: KafkaConsumerContext) {
    const { subscription, options } = context;
    this.#context = context;
    this.#client = context.open(joinRetry, ({ namespace, log }) => {
      // kafkajs starts the partition again and tells nobody else.
      if (namespace === 'ConsumerGroup') this.#retried(log.message);
    });
    this.#consumer = this.#client.kafka.consumer({
      groupId: subscription.group,
      partitionAssigners: [PartitionAssigners.roundRobin],
      sessionTimeout: options.sessionTimeoutMs,
      heartbeatInterval: options.heartbeatIntervalMs,
      rebalanceTimeout: Math.max(rebalanceTimeoutMs, options.sessionTimeoutMs),
      minBytes: 1,
      maxWaitTimeInMs: options.maxWaitMs,
      maxBytesPerPartition: options.maxBytesPerPartition,
      maxBytes: options.maxBytes,
      allowAutoTopicCreation: false,
      retry: joinRetry,
    });
  }

  async start(): Promise<void> {
    const consumer = this.#consumer;
    const { subscription, destination, where } = this.#context;
    this.#context.metrics.consumes(consumer);
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#joined(payload.memberId, partitionsOf(payload.memberAssignment));
    });
    consumer.on(consumer.events.REBALANCING, () => {
      // Still in the old generation: what is acknowledged need not come again.
      this.#commitNow();
      this.#retried('the consumer group rebalances');
    });
    consumer.on(consumer.events.REQUEST_TIMEOUT, ({ payload }) => {
      this.#retried(`a ${payload.apiName} request was not answered`);
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => void this.#crashed(payload.error));
    try {
      if (subscription.from === 'end') this.#starts = await this.#context.ends(destination);
      await consumer.connect();
      await consumer.subscribe({ topics: [...subscription.topics], fromBeginning: true });
    } catch (error) {
      this.end(new Error('closed'));
      throw toBrokerError(error, `subscribe to ${destination.name}`, where);
    }
    // Resolves when it has joined, which may need the other members; ready() waits for that.
    consumer
      .run({ autoCommit: false, eachBatch: (payload) => this.#deliver(payload) })
      .catch((error: unknown) => this.#crashed(error));
  }

  async ready(timeoutMs: number): Promise<void> {
    const { subscription, where } = this.#context;
    const { members: consumers, group: name } = subscription;
    const deadline = Date.now() + timeoutMs;
    let group: Group | undefined;
    for (;;) {
      if (this.#ended) throw toBrokerError(this.#ended, `join the group ${name}`, where);
      const left = deadline - Date.now();
      if (left <= 0) break;
      if (this.#memberId !== undefined) {
        group = await within(this.#context.group(name), left, () => notReady(name, group, consumers, timeoutMs, where));
        if (this.#isStable(group)) {
          this.#stable = true;
          return;
        }
      }
      await sleep(Math.min(groupPollMs, left));
    }
    throw notReady(name, group, consumers, timeoutMs, where);
  }

  /** Everyone is there, has work, and agrees with what this member was told: then all are in this generation. */
  #isStable({ state, members }: Group): boolean {
    const self = members.find(({ id }) => id === this.#memberId);
    return (
      state === 'Stable' &&
      (this.#context.resumes ||
        (members.length === this.#context.subscription.members &&
          members.every(({ partitions }) => partitions.length > 0))) &&
      self !== undefined &&
      self.partitions.length === this.#assigned.length &&
      self.partitions.every((partition) => this.#assigned.includes(partition))
    );
  }

  #joined(memberId: string, partitions: readonly string[]): void {
    this.#memberId = memberId;
    this.#assigned = partitions;
    this.#marks = new Map();
    // Joining again goes on from what is committed, unless that is nothing yet.
    if (!this.#stable) this.#seekStarts();
    if (this.#stable && partitions.length === 0 && !this.#isEnding()) {
      this.#context.onCancelled('a rebalance of the consumer group took every partition');
    }
  }

  /** Without this a group with no history would read all of it first. */
  #seekStarts(): void {
    for (const [name, offset] of this.#starts ?? []) {
      if (!this.#assigned.includes(name)) continue;
      const slash = name.lastIndexOf('/');
      this.#consumer.seek({
        topic: name.slice(0, slash),
        partition: Number(name.slice(slash + 1)),
        offset: String(offset),
      });
    }
  }

  async #deliver({ batch }: EachBatchPayload): Promise<void> {
    if (this.#isEnding()) return;
    const { topic, partition, messages } = batch;
    const first = messages[0];
    const last = messages.at(-1);
    if (first === undefined || last === undefined) return;
    const { onMessage, destination, subscription } = this.#context;
    const firstOffset = Number(first.offset);
    const name = `${topic}/${partition}`;
    let watermark: Watermark | undefined;
    if (subscription.commits === 'before') {
      await this.#commitBeforeDelivery(topic, partition, Number(last.offset) + 1);
      if (this.#isEnding()) return;
    } else if (subscription.commits === 'after') {
      watermark = this.#marks.get(name)?.watermark;
      if (watermark === undefined) {
        watermark = new Watermark(firstOffset);
        this.#marks.set(name, { topic, partition, watermark });
      }
    }
    // A text to a number per message only where offsets are missing.
    const dense = Number(last.offset) - firstOffset === messages.length - 1;
    const start = this.#starts?.get(name) ?? 0;
    const source: Source = { partition, key: keyOf(destination, topic), watermark, member: this };
    try {
      this.#delivering = true;
      for (let i = 0; i < messages.length; i++) {
        const message = messages[i]!;
        const offset = dense ? firstOffset + i : Number(message.offset);
        watermark?.delivered(offset);
        if (offset < start) watermark?.acknowledge(offset);
        else onMessage(new KafkaDelivery(message, offset, source));
      }
      this.#delivering = false;
      for (const mark of this.#marks.values()) if (mark.watermark.uncommitted > 0) this.progressed(mark.watermark);
      // As kafkajs' own commits do. Fetching meanwhile brought less at a time, and each fetch costs client and broker.
      if (watermark !== undefined && watermark.uncommitted >= this.#context.options.commitEvery) await this.#commit;
    } catch (error) {
      this.#delivering = false;
      // A fault of whoever takes the messages: kafkajs would deliver them again and again.
      void this.#crashed(error);
    }
  }

  /** Sends the reply to one of this member's messages. */
  reply(request: KafkaDelivery, body: Buffer): void {
    if (!this.#isEnding()) this.#context.onReply?.(request, body);
  }

  async #commitBeforeDelivery(topic: string, partition: number, next: number): Promise<void> {
    try {
      await this.#consumer.commitOffsets([{ topic, partition, offset: String(next) }]);
    } catch (error) {
      this.#retried(`an offset commit failed, the messages are fetched again: ${messageOf(error)}`);
      throw error;
    }
  }

  /** A watermark may have moved: commits now when enough is done, else within the interval. */
  progressed(watermark: Watermark): void {
    if (this.#delivering) return;
    if (watermark.uncommitted >= this.#context.options.commitEvery) this.#commitNow();
    else if (this.#timer === undefined && !this.#isEnding()) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#commitNow();
      }, this.#context.options.commitIntervalMs);
    }
  }

  /** Commits every watermark that moved, unless a commit is under way; that one looks again when it is done. */
  #commitNow(): void {
    if (this.#commit !== undefined || this.#ended !== undefined) return;
    const moved = [...this.#marks.values()].filter(({ watermark }) => watermark.uncommitted > 0);
    if (moved.length === 0) return;
    const offsets = moved.map(({ topic, partition, watermark }) => ({
      topic,
      partition,
      offset: String(watermark.offset),
    }));
    const marks = moved.map(({ watermark }) => [watermark, watermark.offset] as const);
    this.#commit = this.#consumer.commitOffsets(offsets).then(
      () => {
        this.#commit = undefined;
        for (const [watermark, offset] of marks) {
          watermark.committed(offset);
          if (watermark.uncommitted > 0) this.progressed(watermark);
        }
      },
      (error: unknown) => {
        this.#commit = undefined;
        this.#retried(`an offset commit failed, the next one carries it: ${messageOf(error)}`);
        for (const [watermark] of marks) this.#later(watermark);
      },
    );
  }

  /** After a failed commit: waits for the interval whatever is due, so that failures do not spin. */
  #later(watermark: Watermark): void {
    if (this.#isEnding() || this.#timer !== undefined || watermark.uncommitted === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#commitNow();
    }, this.#context.options.commitIntervalMs);
  }

  #isEnding(): boolean {
    return this.#closing !== undefined || this.#ended !== undefined;
  }

  /** kafkajs went on by itself; nothing to tell while the group forms or after it is left. */
  #retried(what: string): void {
    if (this.#stable && !this.#isEnding()) this.#context.onRetry(what);
  }

  async #crashed(error: unknown): Promise<void> {
    if (this.#isEnding()) return;
    this.end(error instanceof Error ? error : new Error(String(error)));
    // A lost connection is told once for the whole connection; before ready() it is that which throws.
    if ((await this.#context.reachable()) && this.#stable) {
      this.#context.onCancelled(`the consumer stopped: ${messageOf(error)}`);
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#leave());
  }

  async #leave(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    await settledWithin(this.#lastCommit(), lastCommitTimeoutMs);
    await settledWithin(this.#consumer.disconnect(), leaveTimeoutMs);
    this.end(new Error('closed'));
  }

  async #lastCommit(): Promise<void> {
    await this.#commit;
    this.#commitNow();
    await this.#commit;
  }

  end(error: Error): void {
    this.#ended ??= error;
    clearTimeout(this.#timer);
    this.#client.sockets.cut(this.#ended);
  }
}

function notReady(name: string, group: Group | undefined, want: number, timeoutMs: number, where: string): BrokerError {
  const state =
    group === undefined
      ? 'has not taken this consumer in'
      : `is ${group.state}, ${group.members.length} of ${want} members`;
  return new BrokerError(
    `The consumer group ${name} was not complete after ${timeoutMs / 1000} s: it ${state}.`,
    'timeout',
    {
      where,
      hint: 'Check that every consumer runs and that group.initial.rebalance.delay.ms is below that.',
    },
  );
}
