import { activemqXml } from '../config/activemq.js';
import { kafkaServerProperties } from '../config/kafka.js';
import { rabbitmqConf, rabbitmqEnabledPlugins } from '../config/rabbitmq.js';

/**
 * The configuration files that docker-compose.yml mounts, by their path below assets/compose/. Inside a container the
 * ports are the standard ones and every interface listens; docker-compose.yml publishes them on loopback only.
 */
export function composeConfigFiles(): Readonly<Record<string, string>> {
  return {
    'rabbitmq/rabbitmq.conf': rabbitmqConf({ listenHost: '0.0.0.0', amqpPort: 5672, managementPort: 15672 }),
    'rabbitmq/enabled_plugins': rabbitmqEnabledPlugins(),
    'kafka/server.properties': kafkaServerProperties({
      listenHost: '0.0.0.0',
      advertisedHost: '127.0.0.1',
      clientPort: 9092,
      controllerPort: 9093,
      dataDir: '/var/lib/kafka/data',
    }),
    'activemq/activemq.xml': activemqXml({ listenHost: '0.0.0.0', stompPort: 61613, journalDiskSync: 'always' }),
  };
}
