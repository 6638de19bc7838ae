/** Everything that is not moving messages: topics, groups, counters, what the server is. */
import { AssignerProtocol, type Admin } from 'kafkajs';
import type { DestinationSpec, DestinationStats, Guarantee, ServerInfo } from '../adapter.js';
import { BrokerError } from '../../errors.js';
import { hasSubscriptions } from '../pattern.js';
import type { Client } from './client.js';
import { hasType, isConnectionError, toBrokerError } from './errors.js';
import { removeMembers } from './membership.js';
import type { KafkaOptions } from './options.js';
import { batchOverhead, maxBodyBytes, recordOverhead } from './sizes.js';
import { groupsOf, replyGroupsOf, subscriptionOf, topicsOf, type Topic } from './topology.js';
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
  /** Partitions as {@link partitionsOf} writes them. */
  readonly members: readonly { readonly id: string; readonly partitions: readonly string[] }[];
}

/** An assignment's partitions, each as one text. */
export function partitionsOf(assignment: Readonly<Record<string, readonly number[]>>): readonly string[] {
  return Object.entries(assignment).flatMap(([topic, partitions]) =>
    partitions.map((partition) => `${topic}/${partition}`),
  );
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

  /** Creates the topics and returns when every broker knows a leader for each partition and the group has a coordinator. */
  async createDestination(spec: DestinationSpec): Promise<void> {
    const { name, guarantee } = spec;
    const topics = topicsOf(spec);
    const config = topicConfig(guarantee, this.#spec.options);
    const created = await this.#do(
      `create the topics of ${name}`,
      (admin) =>
        admin.createTopics({
          topics: topics.map((topic) => ({
            topic: topic.name,
            numPartitions: topic.partitions,
            replicationFactor: replicationFactor(guarantee),
            configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
          })),
          waitForLeaders: false,
        }),
      false,
    );
    if (!created) {
      throw new BrokerError(`A topic of ${name} exists already.`, 'other', { where: this.#spec.where });
    }
    try {
      const doing = `see the new topics of ${name} on every broker`;
      await this.#eventually(doing, topicTimeoutMs, () => this.#hasLeaders(topics));
      // A broker shows a partition in the metadata shortly before it takes on leading it; only a leader lists offsets.
      await this.#eventually(`reach the leaders of the new topics of ${name}`, topicTimeoutMs, async () => {
        const found = await Promise.all(topics.map((topic) => this.#admin.fetchTopicOffsets(topic.name)));
        return found.every((offsets, at) => offsets.length === topics[at]!.partitions);
      });
      // The first group of a cluster makes Kafka create its offsets topic; joining meanwhile fails.
      await this.#eventually(`get a coordinator for the groups of ${name}`, topicTimeoutMs, async () => {
        await this.#admin.describeGroups([...groupsOf(spec), ...replyGroupsOf(spec)]);
        return true;
      });
    } catch (error) {
      await this.deleteDestination(spec).catch(() => undefined);
      throw error;
    }
  }

  /** Deletes topics and groups, members that died without leaving with them. */
  async deleteDestination(spec: DestinationSpec): Promise<void> {
    const { name } = spec;
    const names = topicsOf(spec).map((topic) => topic.name);
    const left = async (): Promise<string[]> => {
      const all = new Set(await this.#do('list the topics', (admin) => admin.listTopics()));
      return names.filter((topic) => all.has(topic));
    };
    const topics = await left();
    if (topics.length > 0) {
      await this.#do(`delete the topics of ${name}`, (admin) =>
        admin.deleteTopics({ topics }).catch((error: unknown) => {
          if (!hasType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) throw error;
        }),
      );
      await this.#eventually(`delete the topics of ${name}`, topicTimeoutMs, async () => (await left()).length === 0);
    }
    await this.#deleteGroups([...groupsOf(spec), ...replyGroupsOf(spec)]);
  }

  /** Forgets what the groups have committed, so that their next consumers begin where a new group does. */
  async rewind(spec: DestinationSpec): Promise<void> {
    if (hasSubscriptions(spec.pattern) && !spec.pattern.durable) {
      throw new BrokerError(`The subscriptions to ${spec.name} are not durable: they have no beginning.`, 'other', {
        where: this.#spec.where,
        hint: 'Use durable subscriptions.',
      });
    }
    await this.#deleteGroups(groupsOf(spec));
  }

  async #deleteGroups(groups: readonly string[]): Promise<void> {
    const bound = this.#spec.options.sessionTimeoutMs + 5_000;
    for (const group of groups) {
      await this.#eventually(`delete the group ${group}`, bound, async () => {
        await this.#admin.deleteGroups([group]).catch(async (error: unknown) => {
          if (hasType(error, 'NON_EMPTY_GROUP')) await this.#empty(group);
          if (!hasType(error, 'GROUP_ID_NOT_FOUND')) throw error;
        });
        return true;
      });
    }
  }

  /** Whoever is still a member has died without leaving, or is about to. */
  async #empty(group: string): Promise<void> {
    const { groups } = await this.#admin.describeGroups([group]);
    const members = groups.flatMap((one) => one.members.map(({ memberId }) => memberId));
    await removeMembers(this.#client.kafka, group, members);
  }

  async stats(spec: DestinationSpec): Promise<DestinationStats> {
    const groups = groupsOf(spec);
    return this.#do(`read the counters of ${spec.name}`, async (admin) => {
      // A subscription that is not durable has the end of its topics as its beginning, which only its consumer knows.
      if (hasSubscriptions(spec.pattern) && !spec.pattern.durable) return {};
      const [described, each] = await Promise.all([
        admin.describeGroups([...groups]),
        Promise.all(groups.map((group, index) => this.#progress(admin, spec, group, index))),
      ]);
      const published = sum(each.map((group) => group.published));
      const acknowledged = sum(each.map((group) => group.acknowledged));
      return {
        ready: published - acknowledged,
        consumers: sum(described.groups.map(({ members }) => members.length)),
        published,
        acknowledged,
      };
    });
  }

  /** What was written to the topics that a group reads, and how much of it the group has committed. */
  async #progress(
    admin: Admin,
    spec: DestinationSpec,
    groupId: string,
    index: number,
  ): Promise<{ published: number; acknowledged: number }> {
    const wanted = subscriptionOf(spec, index).topics;
    const topics = topicsOf(spec)
      .map(({ name }) => name)
      .filter((name) => wanted.some((one) => (one instanceof RegExp ? one.test(name) : one === name)));
    const [ends, offsets] = await Promise.all([
      Promise.all(topics.map((topic) => admin.fetchTopicOffsets(topic))),
      admin.fetchOffsets({ groupId, topics }),
    ]);
    // −1 where nothing was ever committed.
    const committed = offsets.flatMap(({ partitions }) => partitions.map(({ offset }) => Math.max(0, Number(offset))));
    return { published: sum(ends.flat().map(({ high }) => Number(high))), acknowledged: sum(committed) };
  }

  /** The offset that the next message of each partition of a destination gets, by {@link partitionsOf}. */
  async ends(spec: DestinationSpec): Promise<ReadonlyMap<string, number>> {
    return this.#do(`read the offsets of ${spec.name}`, async (admin) => {
      const topics = topicsOf(spec);
      const found = await Promise.all(topics.map(({ name }) => admin.fetchTopicOffsets(name)));
      return new Map(
        found.flatMap((partitions, at) =>
          partitions.map(({ partition, high }) => [`${topics[at]!.name}/${partition}`, Number(high)] as const),
        ),
      );
    });
  }

  /** A consumer group as its coordinator sees it. */
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
            : partitionsOf(AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {}),
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
  async #hasLeaders(topics: readonly Topic[]): Promise<boolean> {
    const { brokers } = await this.#admin.describeCluster();
    if (brokers.length === 1) return hasLeaders(this.#admin, topics);
    const seen = await Promise.all(
      brokers.map(async ({ host, port }) => {
        const client = this.#spec.open(`${host}:${port}`);
        const admin = client.kafka.admin();
        try {
          await admin.connect();
          return await hasLeaders(admin, topics);
        } finally {
          await settledWithin(admin.disconnect(), 1_000);
          client.sockets.cut(new Error('closed'));
        }
      }),
    );
    return seen.every(Boolean);
  }
}

async function hasLeaders(admin: Admin, wanted: readonly Topic[]): Promise<boolean> {
  const { topics } = await admin.fetchTopicMetadata({ topics: wanted.map(({ name }) => name) });
  return wanted.every(({ name, partitions }) => {
    const found = topics.find((topic) => topic.name === name)?.partitions ?? [];
    return found.length === partitions && found.every(({ leader, isr }) => leader >= 0 && isr.length > 0);
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
