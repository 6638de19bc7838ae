/** Looks at Kafka through its admin requests; DESCRIBE on cluster, topics and groups is enough. */
import type { Admin } from 'kafkajs';
import type { Endpoint } from '../../brokers/adapter.js';
import { createClient, hostsOf, noRetry, type Client } from '../../brokers/kafka/client.js';
import { hasType, isConnectionError, toBrokerError } from '../../brokers/kafka/errors.js';
import { settledWithin } from '../../brokers/kafka/waiting.js';
import { within } from '../../within.js';
import { BrokerError } from '../../errors.js';
import { readTimeoutMs, type Reading, type Selection, type Source } from '../sample.js';
import {
  chosenGroups,
  groupNotes,
  type GroupOffsets,
  isShareGroup,
  type ListedGroup,
  ofRun,
  type OfRun,
  type PartitionEnds,
  topicOf,
} from './parse.js';

/**
 * Most topics, and most groups, in a reading. Each costs requests of its own (kafkajs cannot ask for the offsets of
 * several at once), so there are fewer than elsewhere.
 */
const most = 100;
/** Requests under way at a time. */
const concurrency = 8;

type Wanted = { readonly containing: string } | OfRun;

interface Groups {
  readonly groups: readonly GroupOffsets[];
  /** Names of share groups. */
  readonly share: readonly string[];
  /** How many there are, share groups left out. */
  readonly all: number;
  /** Of them, how many were not asked for. */
  readonly left: number;
}

interface Open {
  readonly client: Client;
  readonly admin: Admin;
  /** False while it connects. */
  ready: boolean;
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
      const connecting = this.#open?.ready !== true;
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
    const wanted = 'exactly' in selection ? ofRun(selection.exactly, most) : selection;
    const [cluster, names, groups] = await Promise.all([
      admin.describeCluster(),
      this.#topicNames(admin, wanted),
      this.#groups(admin, wanted),
    ]);
    const chosen = names.slice(0, most);
    let vanished = 0;
    const found = await inTurns(chosen, async (name) => {
      const ends = await this.#ends(admin, name);
      if (ends === undefined) vanished++;
      return ends === undefined ? [] : [topicOf(name, ends, groups.groups)];
    });
    const topics = found.flat();
    // A group that has committed on none of these topics is not shown, so nothing is missed of it.
    const shown = topics.flatMap(({ groups = [] }) => groups);
    if (vanished > 0) this.#cut();
    return {
      product: 'Apache Kafka',
      source: 'Kafka admin requests',
      nodes: cluster.brokers.map(({ nodeId, host, port }) => ({ name: `${nodeId} ${host}:${port}`, running: true })),
      counters: {},
      destinations: topics,
      destinationCount: 'topics' in wanted ? wanted.topicCount : names.length - vanished,
      notes: groupNotes({
        ...groups,
        undescribed: [...new Set(shown.flatMap(({ name, state }) => (state === undefined ? [name] : [])))],
      }),
    };
  }

  async #topicNames(admin: Admin, wanted: Wanted): Promise<string[]> {
    const all = await admin.listTopics();
    if ('topics' in wanted) {
      const there = new Set(all);
      return wanted.topics.filter((name) => there.has(name));
    }
    return all
      .filter((name) => name.includes(wanted.containing))
      .filter((name) => !name.startsWith('__') || wanted.containing.startsWith('__'))
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

  async #groups(admin: Admin, wanted: Wanted): Promise<Groups> {
    if ('topics' in wanted) {
      const described = await this.#described(admin, wanted.groups);
      // Each is of the classic protocol, as kafkajs makes them: one that is not described is not there yet.
      const groups = await inTurns([...described], ([name, one]) => this.#offsets(admin, name, one));
      return { groups, share: [], all: wanted.groupCount, left: wanted.groupCount - wanted.groups.length };
    }
    const { groups: listed }: { groups: ListedGroup[] } = await admin.listGroups();
    const share = listed.filter(isShareGroup).map(({ groupId }) => groupId);
    const all = listed.filter((group) => !isShareGroup(group)).map(({ groupId }) => groupId);
    const names = chosenGroups(all, wanted.containing, most);
    const described = await this.#described(admin, names);
    const groups = await inTurns(names, (name) => this.#offsets(admin, name, described.get(name)));
    return { groups, share: share.toSorted(), all: all.length, left: all.length - names.length };
  }

  /**
   * State and members of groups. Those of a newer protocol than the classic one, the only one that kafkajs can ask for
   * (DescribeGroups, KIP-848 has a request of its own), are `Dead` to it, as groups are that are not there.
   */
  async #described(admin: Admin, names: readonly string[]): Promise<Map<string, GroupOffsets['described']>> {
    if (names.length === 0) return new Map();
    const { groups } = await admin.describeGroups([...names]);
    return new Map(
      groups.flatMap(({ groupId, state, members }) =>
        state === 'Dead' ? [] : [[groupId, { state, members: members.length }]],
      ),
    );
  }

  /** What a group has committed, which Kafka tells of each protocol. */
  async #offsets(admin: Admin, groupId: string, described: GroupOffsets['described']): Promise<GroupOffsets> {
    const offsets = await admin.fetchOffsets({ groupId });
    const committed = new Map(
      offsets.map(({ topic, partitions }) => [
        topic,
        partitions.map(({ partition, offset }) => ({ partition, offset: Number(offset) })),
      ]),
    );
    return { name: groupId, ...(described === undefined ? {} : { described }), committed };
  }

  async #admin(): Promise<Admin> {
    if (this.#open?.ready === true) return this.#open.admin;
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
    // Known from the start: where nobody answers, it is this one that is cut.
    const open: Open = { client, admin, ready: false };
    this.#open = open;
    try {
      await admin.connect();
      // Until it has metadata, kafkajs knows no broker to ask for a group's coordinator.
      await admin.describeCluster();
    } catch (error) {
      client.sockets.cut(new Error('closed'));
      throw toBrokerError(error, 'connect', this.#where, { tls: this.endpoint.tls });
    }
    open.ready = true;
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
