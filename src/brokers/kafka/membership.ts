/**
 * Removes members from a consumer group, as Kafka's own admin client does for a group that is to be emptied
 * (KIP-571: `kafka-streams-application-reset --force`): LeaveGroup in their names. kafkajs can send it but offers it
 * to the member itself only, so the request is reached past its public interface; the version is pinned.
 */
import type { Kafka } from 'kafkajs';

/** The parts of kafkajs' cluster that this is about (kafkajs/src/cluster/index.js, kafkajs/src/broker/index.js). */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  findGroupCoordinator(of: { readonly groupId: string }): Promise<{
    leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
  }>;
}

function clusterOf(kafka: Kafka): Cluster {
  const key = Object.getOwnPropertySymbols(kafka).find(({ description }) => /createCluster$/.test(description ?? ''));
  const create = (kafka as unknown as Record<symbol, ((options: object) => Cluster) | undefined>)[key ?? Symbol()];
  if (create === undefined) throw new Error('this kafkajs has no way to a group coordinator');
  return create({ allowAutoTopicCreation: false });
}

/**
 * A member that died without leaving would hold its group for the session timeout.
 * @throws whatever kafkajs met; a member that is gone already is no error
 */
export async function removeMembers(kafka: Kafka, groupId: string, memberIds: readonly string[]): Promise<void> {
  const cluster = clusterOf(kafka);
  try {
    await cluster.connect();
    // Only then does it know the brokers that may coordinate.
    await cluster.refreshMetadata();
    const coordinator = await cluster.findGroupCoordinator({ groupId });
    for (const memberId of memberIds) {
      await coordinator.leaveGroup({ groupId, memberId }).catch((error: unknown) => {
        if ((error as { type?: string }).type !== 'UNKNOWN_MEMBER_ID') throw error;
      });
    }
  } finally {
    await cluster.disconnect();
  }
}
