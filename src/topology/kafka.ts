/** Kafka: topics, partitions, groups and their members, as `kafka-topics --describe` and `kafka-consumer-groups --describe` show them. */
import { AssignerProtocol, type Admin } from 'kafkajs';
import type { Endpoint } from '../brokers/adapter.js';
import { createClient, hostsOf, noRetry } from '../brokers/kafka/client.js';
import { toBrokerError } from '../brokers/kafka/errors.js';
import { settledWithin } from '../brokers/kafka/waiting.js';
import { within } from '../within.js';
import { BrokerError } from '../errors.js';
import { readTimeoutMs } from '../monitor/sample.js';
import type { Row, Topology } from './topology.js';

/** @throws BrokerError where it is not there or does not let us in */
export async function kafkaTopology(endpoint: Endpoint): Promise<Topology> {
  const hosts = hostsOf(endpoint.url);
  const where = hosts.join(',');
  const client = createClient({
    hosts,
    endpoint,
    clientName: 'mqbench topology',
    control: true,
    connectTimeoutMs: readTimeoutMs,
    retry: noRetry,
    onBroken: () => undefined,
  });
  const admin = client.kafka.admin();
  let connected = false;
  try {
    const late = (): BrokerError =>
      new BrokerError(`Kafka at ${where} did not answer within ${readTimeoutMs / 1000} s.`, 'timeout', { where });
    return await within(
      (async () => {
        await admin.connect();
        connected = true;
        return describe(admin);
      })(),
      readTimeoutMs,
      late,
    );
  } catch (error) {
    throw toBrokerError(
      error,
      connected ? 'look at topics and groups' : 'connect',
      where,
      connected ? undefined : { tls: endpoint.tls },
    );
  } finally {
    if (connected) await settledWithin(admin.disconnect(), 1_000);
    client.sockets.cut(new Error('closed'));
  }
}

async function describe(admin: Admin): Promise<Topology> {
  const { topics } = await admin.fetchTopicMetadata();
  const partitions = await Promise.all(
    topics.map(async ({ name, partitions: own }): Promise<Row[]> => {
      const ends = await admin.fetchTopicOffsets(name);
      return own.map(({ partitionId, leader, replicas, isr }) => {
        const end = ends.find(({ partition }) => partition === partitionId);
        return {
          topic: name,
          partition: partitionId,
          leader,
          replicas,
          inSync: isr,
          first: Number(end?.low ?? 0),
          end: Number(end?.high ?? 0),
        };
      });
    }),
  );
  const ids = (await admin.listGroups()).groups.map(({ groupId }) => groupId).sort();
  const committed = await Promise.all(ids.map((groupId) => offsetsOf(admin, groupId, partitions.flat())));
  const { groups } = ids.length === 0 ? { groups: [] } : await admin.describeGroups(ids);
  return {
    product: 'Apache Kafka',
    source: 'Kafka admin requests',
    lists: {
      topics: topics.map(({ name, partitions: own }) => ({
        name,
        partitions: own.length,
        replicationFactor: own[0]?.replicas.length ?? 0,
        internal: name.startsWith('__'),
      })),
      partitions: partitions.flat(),
      groups: groups.map(({ groupId, state, protocol, members }) => ({
        name: groupId,
        state,
        assignor: protocol,
        members: members.length,
      })),
      offsets: committed.flat(),
      members: groups.flatMap(({ groupId, members }) =>
        members.map(({ clientId, clientHost, memberAssignment }) => ({
          group: groupId,
          client: clientId,
          host: clientHost,
          partitions: assigned(memberAssignment),
        })),
      ),
    },
  };
}

/** How far a group has committed in each partition, and how far it is behind the end. */
async function offsetsOf(admin: Admin, groupId: string, ends: readonly Row[]): Promise<Row[]> {
  const topics = await admin.fetchOffsets({ groupId });
  return topics.flatMap(({ topic, partitions }) =>
    partitions.flatMap(({ partition, offset }): Row[] => {
      const end = ends.find((row) => row['topic'] === topic && row['partition'] === partition)?.['end'];
      const committed = Number(offset);
      // Nothing was committed, or the topic is gone.
      if (committed < 0 || typeof end !== 'number') return [];
      return [{ group: groupId, topic, partition, committed, end, lag: Math.max(0, end - committed) }];
    }),
  );
}

/** e.g. `orders:0`. */
function assigned(assignment: Buffer): string[] {
  // A member that was given nothing yet has nothing to decode.
  const decoded = assignment.length === 0 ? null : AssignerProtocol.MemberAssignment.decode(assignment);
  return Object.entries(decoded?.assignment ?? {}).flatMap(([topic, numbers]) =>
    numbers.map((number) => `${topic}:${number}`),
  );
}
