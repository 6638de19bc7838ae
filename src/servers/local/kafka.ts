import { randomBytes } from 'node:crypto';
import type { ServerId } from '../provider.js';
import { type KafkaConfig, kafkaServerProperties } from '../config/kafka.js';
import { log4j2Properties } from '../config/log4j2.js';
import { artifactVersion, classPath, heap, jarLinks, javaCommand } from './java.js';
import { portOf, type ServerKind } from '../supervised/launch.js';
import { probeKafka } from '../supervised/probe/kafka.js';
import { ensureJava, ensureMavenArtifacts } from './store/index.js';

/** As Kafka's bin/kafka-run-class.sh sets them (KAFKA_JVM_PERFORMANCE_OPTS). */
const performanceArgs = [
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
];

export const kafka = kafkaKind('kafka', {});
/** Syncs its log to disk after each message. */
export const kafkaFlush1 = kafkaKind('kafka-flush-1', { flushMessages: 1 });

/** Apache Kafka: broker and controller in one JVM, its storage formatted before each start. */
function kafkaKind(id: ServerId, settings: Pick<KafkaConfig, 'flushMessages'>): ServerKind {
  return {
    id,
    provider: 'local',
    product: 'Apache Kafka',
    isJvm: true,
    ports: 2,
    async obtain(context) {
      const [artifacts, java] = [await ensureMavenArtifacts('kafka', context), await ensureJava(context)];
      const configuration =
        settings.flushMessages === undefined
          ? {}
          : { configuration: `log.flush.interval.messages=${settings.flushMessages}` };
      const version = artifactVersion(artifacts.byArtifact('kafka_2.13'), 'kafka_2.13');
      return {
        version,
        provenance: { ...artifacts.provenance, ...java.provenance, heap: heap.text, ...configuration },
        launch(room) {
          const clientPort = portOf(room, 0);
          const cluster = clusterId();
          const user = { username: room.username, password: room.password };
          const jvm = (args: readonly string[]) => javaCommand(java.java, room, args);
          const jars = ['-cp', classPath(artifacts.jars)];
          return {
            folders: ['tmp', 'data'],
            links: jarLinks(artifacts.jars),
            files: {
              'conf/log4j2.properties': log4j2Properties(),
              'conf/server.properties': kafkaServerProperties({
                listenHost: '127.0.0.1',
                advertisedHost: '127.0.0.1',
                clientPort,
                controllerPort: portOf(room, 1),
                dataDir: 'data',
                credentials: user,
                ...settings,
              }),
            },
            // The formatter lives for seconds only, so compiling its code well would cost more than it brings.
            before: [
              jvm([
                '-XX:TieredStopAtLevel=1',
                '-XX:+UseSerialGC',
                ...jars,
                'kafka.tools.StorageTool',
                'format',
                `--cluster-id=${cluster}`,
                '--config=conf/server.properties',
              ]),
            ],
            beside: [],
            server: jvm([...heap.args, ...performanceArgs, ...jars, 'kafka.Kafka', 'conf/server.properties']),
            after: [],
            endpoint: { url: `kafka://127.0.0.1:${clientPort}`, ...user, saslMechanism: 'plain' },
            probe: (signal) => probeKafka('127.0.0.1', clientPort, user, cluster, signal),
          };
        },
      };
    },
  };
}

/** 16 random bytes, base64url. The top bit is clear, so that it never begins with a `-`, which would be a flag. */
function clusterId(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('base64url');
}
