/** Looks at Kafka through its admin requests; DESCRIBE on cluster, topics and groups is enough. */
import type { Admin } from 'kafkajs';
import type { Endpoint } from '../../brokers/adapter.js';
import { createClient, hostsOf, noRetry, type Client } from '../../brokers/kafka/client.js';
import { hasType, isConnectionError, toBrokerError } from '../../brokers/kafka/errors.js';
import { settledWithin, within } from '../../brokers/kafka/waiting.js';
import { BrokerError } from '../../errors.js';
import { readTimeoutMs, type Reading, type Selection, type Source } from '../sample.js';
import { chosenGroups, topicOf, type GroupOffsets, type PartitionEnds } from './parse.js';

/**
 * Most topics and groups in a reading. Each costs requests of its own (kafkajs cannot ask for the offsets of several
 * at once), so there are fewer than elsewhere.
 */
const mostTopics = 100;
const mostGroups = 100;
/** Requests under way at a time. */
const concurrency = 8;

interface Open {
  readonly client: Client;
  readonly admin: Admin;
}

export class KafkaSource implements Source {
  readonly refreshSeconds = 0;
  readonly #hosts: readonly string[];
  readonly #where: string;
  #open: Open | undefined;

  /** @throws BrokerError when the address is not one */
  constructor(private readonly endpoint: Endpoint) {
    this.#hosts = hostsOf(endpoint.url);
    this.#where = this.#hosts.join(',');
  }

  async read(selection: Selection): Promise<Reading> {
    try {
      return await within(
        this.#readTwice(selection),
        readTimeoutMs,
        () =>
          new BrokerError(`Kafka at ${this.#where} did not answer within ${readTimeoutMs / 1000} s.`, 'timeout', {
            where: this.#where,
          }),
      );
    } catch (error) {
      // kafkajs does not recover by itself without retries, and never forgets a topic that is gone.
      const connecting = this.#open === undefined;
      this.#cut();
      throw toBrokerError(
        error,
        'look at topics and groups',
        this.#where,
        connecting || isConnectionError(error) ? { tls: this.endpoint.tls } : undefined,
      );
    }
  }

  /** A topic that vanishes makes whatever kafkajs asks next fail, as it asks for all it ever met: then once more, anew. */
  async #readTwice(selection: Selection): Promise<Reading> {
    try {
      return await this.#read(selection);
    } catch (error) {
      if (!hasType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) throw error;
      this.#cut();
      return this.#read(selection);
    }
  }

  async #read(selection: Selection): Promise<Reading> {
    const admin = await this.#admin();
    const [cluster, names, groups] = await Promise.all([
      admin.describeCluster(),
      this.#topicNames(admin, selection),
      this.#groups(admin, selection),
    ]);
    const chosen = names.slice(0, mostTopics);
    let vanished = 0;
    const topics = await inTurns(chosen, async (name) => {
      const ends = await this.#ends(admin, name);
      if (ends === undefined) vanished++;
      return ends === undefined ? [] : [topicOf(name, ends, groups.groups)];
    });
    if (vanished > 0) this.#cut();
    return {
      product: 'Apache Kafka',
      source: 'Kafka admin requests',
      nodes: cluster.brokers.map(({ nodeId, host, port }) => ({ name: `${nodeId} ${host}:${port}`, running: true })),
      counters: {},
      destinations: topics.flat(),
      destinationCount: names.length - vanished,
      notes: groups.notes,
    };
  }

  async #topicNames(admin: Admin, selection: Selection): Promise<string[]> {
    const all = await admin.listTopics();
    if ('exactly' in selection) return all.filter((name) => selection.exactly.includes(name));
    return all
      .filter((name) => name.includes(selection.containing))
      .filter((name) => !name.startsWith('__') || selection.containing.startsWith('__'))
      .sort();
  }

  /** Log ends of a topic; undefined when it has just vanished. */
  async #ends(admin: Admin, topic: string): Promise<PartitionEnds[] | undefined> {
    try {
      const ends = await admin.fetchTopicOffsets(topic);
      return ends.map(({ partition, high, low }) => ({ partition, high: Number(high), low: Number(low) }));
    } catch (error) {
      if (hasType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return undefined;
      throw error;
    }
  }

  async #groups(admin: Admin, selection: Selection): Promise<{ groups: GroupOffsets[]; notes: string[] }> {
    // A run's group has the name of its topic.
    const all =
      'exactly' in selection ? [...selection.exactly] : (await admin.listGroups()).groups.map(({ groupId }) => groupId);
    if (all.length === 0) return { groups: [], notes: [] };
    const names = chosenGroups(all, 'exactly' in selection ? '' : selection.containing, mostGroups);
    const { groups: described } = await admin.describeGroups(names);
    const groups = await inTurns(described, async ({ groupId, state, members }): Promise<GroupOffsets[]> => {
      if (state === 'Dead') return [];
      const offsets = await admin.fetchOffsets({ groupId });
      const committed = new Map(
        offsets.map(({ topic, partitions }) => [
          topic,
          partitions.map(({ partition, offset }) => ({ partition, offset: Number(offset) })),
        ]),
      );
      return [{ name: groupId, state, members: members.length, committed }];
    });
    const left = all.length - names.length;
    return { groups: groups.flat(), notes: left > 0 ? [`${left} of ${all.length} consumer groups are not shown`] : [] };
  }

  async #admin(): Promise<Admin> {
    if (this.#open !== undefined) return this.#open.admin;
    const client = createClient({
      hosts: this.#hosts,
      endpoint: this.endpoint,
      clientName: 'mqbench monitor',
      control: true,
      connectTimeoutMs: readTimeoutMs,
      retry: noRetry,
      onBroken: () => undefined,
    });
    const admin = client.kafka.admin();
    try {
      await admin.connect();
      // Until it has metadata, kafkajs knows no broker to ask for a group's coordinator.
      await admin.describeCluster();
    } catch (error) {
      client.sockets.cut(new Error('closed'));
      throw toBrokerError(error, 'connect', this.#where, { tls: this.endpoint.tls });
    }
    this.#open = { client, admin };
    return admin;
  }

  #cut(): void {
    this.#open?.client.sockets.cut(new Error('closed'));
    this.#open = undefined;
  }

  async close(): Promise<void> {
    if (this.#open !== undefined) await settledWithin(this.#open.admin.disconnect(), 1_000);
    this.#cut();
  }
}

/** A few at a time, in order. */
async function inTurns<In, Out>(items: readonly In[], work: (item: In) => Promise<Out>): Promise<Out[]> {
  const done: Out[] = [];
  for (let i = 0; i < items.length; i += concurrency)
    done.push(...(await Promise.all(items.slice(i, i + concurrency).map(work))));
  return done;
}
