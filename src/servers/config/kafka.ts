/** Kafka's configuration files, the same text for a local server and for Compose. */
import { javaProperties } from './properties.js';

export interface KafkaConfig {
  /** Address that the broker binds: loopback on this machine, every interface inside a container. */
  readonly listenHost: string;
  /** Address that clients are told to come back to. */
  readonly advertisedHost: string;
  readonly clientPort: number;
  readonly controllerPort: number;
  /** Folder of the log segments; relative to the working directory of the broker or absolute. */
  readonly dataDir: string;
  /** Sync the log to disk after so many messages (`log.flush.interval.messages`); left out, when the system does. */
  readonly flushMessages?: number;
  /** The one user that clients log in as (SASL PLAIN); without it the client listener takes everybody. */
  readonly credentials?: { readonly username: string; readonly password: string };
}

/**
 * One process that is broker and controller (KRaft), one client listener, the controller on loopback.
 * Replication factors are 1 because there is one node; the first rebalance of a group is not delayed, since the
 * default of 3 s would end up in the measurement.
 */
export function kafkaServerProperties(config: KafkaConfig): string {
  const listener = config.credentials === undefined ? 'PLAINTEXT' : 'SASL_PLAINTEXT';
  return javaProperties({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${config.controllerPort}`,
    listeners: `${listener}://${config.listenHost}:${config.clientPort},CONTROLLER://127.0.0.1:${config.controllerPort}`,
    'advertised.listeners': `${listener}://${config.advertisedHost}:${config.clientPort}`,
    'inter.broker.listener.name': listener,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,${listener}:${listener}`,
    ...(config.credentials === undefined ? {} : saslPlain(listener, config.credentials)),
    'log.dirs': config.dataDir,
    ...(config.flushMessages === undefined ? {} : { 'log.flush.interval.messages': config.flushMessages }),
    'num.partitions': 1,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
  });
}

/**
 * One user, whom the broker knows (`user_NAME`) and as whom it also calls itself (`username`): the inter-broker
 * listener is the clients'. The values may need no quoting, as those of a room do not. See "Authentication using
 * SASL/PLAIN" in Kafka's documentation; a listener's name is in lower case in the name of a property.
 */
function saslPlain(listener: string, { username, password }: NonNullable<KafkaConfig['credentials']>) {
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  return {
    'sasl.enabled.mechanisms': 'PLAIN',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    [`listener.name.${listener.toLowerCase()}.plain.sasl.jaas.config`]: `${module} required username="${username}" password="${password}" user_${username}="${password}";`,
  };
}
