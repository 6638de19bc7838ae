/** Everything that is not moving messages: topics, groups, counters, what the server is. */
import { AssignerProtocol, type Admin } from 'kafkajs';
import type { DestinationSpec, DestinationStats, Guarantee, ServerInfo } from '../adapter.js';
import { BrokerError } from '../../errors.js';
import type { Client } from './client.js';
import { hasType, isConnectionError, toBrokerError } from './errors.js';
import { batchOverhead, maxBodyBytes, recordOverhead, type KafkaOptions } from './options.js';
import { settledWithin, sleep } from './waiting.js';

/** How long a new topic may take to have leaders everywhere, or a deleted one to go, in milliseconds. */
const topicTimeoutMs = 20_000;
/** How often a request is tried while connections fail, and the pause between, in milliseconds. */
const connectionAttempts = 4;
const retryPauseMs = 250;
/** Pause between two looks at something that is about to change, in milliseconds. */
const pollMs = 50;

/** The group that the consumers of a destination form. */
export interface Group {
  /** Kafka's name of the group's state, e.g. `Stable`, `PreparingRebalance`, `Empty`, `Dead`. */
  readonly state: string;
  readonly members: readonly { readonly id: string; readonly partitions: readonly number[] }[];
}

/** The topic settings that a guarantee and the options ask for, as Kafka names them. */
export function topicConfig(guarantee: Guarantee, options: KafkaOptions): Readonly<Record<string, string>> {
  return {
    'min.insync.replicas': guarantee === 'replicated' ? '2' : '1',
    // The limit counts a whole record batch of one partition.
    'max.message.bytes': String(Math.max(maxBodyBytes, options.batchBytes) + recordOverhead + batchOverhead),
    ...(options.flushMessages === null ? {} : { 'flush.messages': String(options.flushMessages) }),
  };
}

/** Copies of each partition. */
export function replicationFactor(guarantee: Guarantee): number {
  return guarantee === 'replicated' ? 3 : 1;
}

export interface KafkaAdminSpec {
  /** A new client; of the broker at `host` where one is named. */
  readonly open: (host?: string) => Client;
  readonly options: KafkaOptions;
  /** The brokers' addresses for messages, without credentials. */
  readonly where: string;
}

export class KafkaAdmin {
  readonly #spec: KafkaAdminSpec;
  #client: Client;
  #admin: Admin;
  /** kafkajs asks for the metadata of every topic it ever met at once, and fails for good when one of them is gone. */
  #stale = false;
  #cut = false;

  constructor(spec: KafkaAdminSpec) {
    this.#spec = spec;
    this.#client = spec.open();
    this.#admin = this.#client.kafka.admin();
  }

  /** Connects and asks for the cluster once, which also proves that its advertised address can be reached. */
  async connect(): Promise<void> {
    await this.#admin.connect();
    await this.#admin.describeCluster();
  }

  /** Whether any broker still answers. */
  async alive(): Promise<boolean> {
    return this.#admin.describeCluster().then(
      () => true,
      () => false,
    );
  }

  async serverInfo(): Promise<ServerInfo> {
    // No version: ApiVersions tells feature levels (metadata.version), which name a release line at most and may
    // be finalised below what the software is.
    const { brokers } = await this.#do('describe the cluster', (admin) => admin.describeCluster());
    return { product: 'Apache Kafka', nodes: brokers.length };
  }

  /** Creates the topic and returns when every broker knows a leader for each partition and the group has a coordinator. */
  async createDestination(spec: DestinationSpec): Promise<void> {
    const { name, consumers, guarantee } = spec;
    const config = topicConfig(guarantee, this.#spec.options);
    const created = await this.#do(
      `create the topic ${name}`,
      (admin) =>
        admin.createTopics({
          topics: [
            {
              topic: name,
              numPartitions: consumers,
              replicationFactor: replicationFactor(guarantee),
              configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
            },
          ],
          waitForLeaders: false,
        }),
      false,
    );
    if (!created) {
      throw new BrokerError(`The topic ${name} exists already.`, 'other', { where: this.#spec.where });
    }
    try {
      await this.#eventually(`see the new topic ${name} on every broker`, topicTimeoutMs, () => this.#hasLeaders(spec));
      // A broker shows a partition in the metadata shortly before it takes on leading it; only a leader lists offsets.
      await this.#eventually(`reach the leaders of the new topic ${name}`, topicTimeoutMs, async () => {
        return (await this.#admin.fetchTopicOffsets(name)).length === consumers;
      });
      // The first group of a cluster makes Kafka create its offsets topic; joining meanwhile fails.
      await this.#eventually(`get a coordinator for the group ${name}`, topicTimeoutMs, async () => {
        await this.#admin.describeGroups([name]);
        return true;
      });
    } catch (error) {
      await this.deleteDestination(spec).catch(() => undefined);
      throw error;
    }
  }

  /** Deletes topic and group. Members that died without leaving are waited for: Kafka drops them after their session timeout. */
  async deleteDestination({ name }: DestinationSpec): Promise<void> {
    const gone = async () => !(await this.#do('list the topics', (admin) => admin.listTopics())).includes(name);
    if (!(await gone())) {
      await this.#do(`delete the topic ${name}`, (admin) =>
        admin.deleteTopics({ topics: [name] }).catch((error: unknown) => {
          if (!hasType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) throw error;
        }),
      );
      await this.#eventually(`delete the topic ${name}`, topicTimeoutMs, gone);
    }
    const bound = this.#spec.options.sessionTimeoutMs + 5_000;
    await this.#eventually(`delete the group ${name}`, bound, async () => {
      await this.#admin.deleteGroups([name]).catch((error: unknown) => {
        if (!hasType(error, 'GROUP_ID_NOT_FOUND')) throw error;
      });
      return true;
    });
  }

  async stats({ name }: DestinationSpec): Promise<DestinationStats> {
    return this.#do(`read the counters of ${name}`, async (admin) => {
      const [ends, groups, offsets] = await Promise.all([
        admin.fetchTopicOffsets(name),
        admin.describeGroups([name]),
        admin.fetchOffsets({ groupId: name, topics: [name] }),
      ]);
      const published = sum(ends.map(({ high }) => Number(high)));
      // −1 where nothing was ever committed.
      const committed = offsets.flatMap(({ partitions }) =>
        partitions.map(({ offset }) => Math.max(0, Number(offset))),
      );
      const acknowledged = sum(committed);
      return {
        ready: published - acknowledged,
        consumers: groups.groups[0]?.members.length ?? 0,
        published,
        acknowledged,
      };
    });
  }

  /** The destination's consumer group as its coordinator sees it. */
  async group(name: string): Promise<Group> {
    return this.#do(`describe the group ${name}`, async (admin) => {
      const description = (await admin.describeGroups([name])).groups[0];
      if (description === undefined) return { state: 'Dead', members: [] };
      const members = description.members.map(({ memberId, memberAssignment }) => ({
        id: memberId,
        // Empty until the group has settled.
        partitions:
          memberAssignment.length === 0
            ? []
            : (AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[name] ?? []),
      }));
      return { state: description.state, members };
    });
  }

  async close(): Promise<void> {
    await this.#disconnect();
    this.#cut = true;
  }

  async #disconnect(): Promise<void> {
    await settledWithin(this.#admin.disconnect(), 1_000);
    this.#client.sockets.cut(new Error('closed'));
  }

  /** Cuts the connections. */
  cut(reason: Error): void {
    this.#cut = true;
    this.#client.sockets.cut(reason);
  }

  /** The client in use, for what its sockets saw. */
  get client(): Client {
    return this.#client;
  }

  /**
   * One request, its error in our terms. Where it may be `repeated`, a connection error is tried again: kafkajs
   * learns only by failing that a node of a cluster is gone.
   */
  async #do<T>(doing: string, request: (admin: Admin) => Promise<T>, repeated = true): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        if (this.#stale && !this.#cut) await this.#renew();
        return await request(this.#admin);
      } catch (error) {
        if (hasType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) this.#stale = true;
        if (!repeated || attempt === connectionAttempts || this.#cut || !isConnectionError(error)) {
          throw toBrokerError(error, doing, this.#spec.where);
        }
        await sleep(retryPauseMs);
      }
    }
  }

  async #renew(): Promise<void> {
    await this.#disconnect();
    if (this.#cut) throw new Error('the connection is closed');
    this.#client = this.#spec.open();
    this.#admin = this.#client.kafka.admin();
    this.#stale = false;
    await this.#admin.connect();
  }

  /** Repeats until `done` says true; an error that may pass is tried again until the time is over. */
  async #eventually(doing: string, boundMs: number, done: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + boundMs;
    for (;;) {
      let reason: unknown;
      try {
        if (await done()) return;
      } catch (error) {
        if (isConnectionError(error)) throw toBrokerError(error, doing, this.#spec.where);
        reason = error;
      }
      if (Date.now() > deadline) {
        if (reason !== undefined && !(reason instanceof BrokerError)) {
          throw toBrokerError(reason, doing, this.#spec.where);
        }
        throw new BrokerError(
          `Kafka at ${this.#spec.where} could not ${doing} within ${boundMs / 1000} s.`,
          'timeout',
          {
            where: this.#spec.where,
            cause: reason,
          },
        );
      }
      await sleep(pollMs);
    }
  }

  /** Asks every broker: one that does not know the topic yet would refuse the first message or fetch. */
  async #hasLeaders({ name, consumers }: DestinationSpec): Promise<boolean> {
    const { brokers } = await this.#admin.describeCluster();
    if (brokers.length === 1) return hasLeaders(this.#admin, name, consumers);
    const seen = await Promise.all(
      brokers.map(async ({ host, port }) => {
        const client = this.#spec.open(`${host}:${port}`);
        const admin = client.kafka.admin();
        try {
          await admin.connect();
          return await hasLeaders(admin, name, consumers);
        } finally {
          await settledWithin(admin.disconnect(), 1_000);
          client.sockets.cut(new Error('closed'));
        }
      }),
    );
    return seen.every(Boolean);
  }
}

async function hasLeaders(admin: Admin, topic: string, partitions: number): Promise<boolean> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const found = topics[0]?.partitions ?? [];
  return found.length === partitions && found.every(({ leader, isr }) => leader >= 0 && isr.length > 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
