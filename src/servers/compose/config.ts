import { artemisBrokerXml } from '../config/artemis.js';
import { activemqXml } from '../config/activemq.js';
import { kafkaServerProperties } from '../config/kafka.js';
import { rabbitmqConf, rabbitmqEnabledPlugins } from '../config/rabbitmq.js';

/**
 * The configuration files that docker-compose.yml mounts, by their path below assets/compose/. Inside a container the
 * ports are the standard ones and every interface listens; docker-compose.yml publishes them on loopback only.
 */
export function composeConfigFiles(): Readonly<Record<string, string>> {
  const rabbitmq = { listenHost: '0.0.0.0', amqpPort: 5672, managementPort: 15672 };
  const kafka = {
    listenHost: '0.0.0.0',
    advertisedHost: '127.0.0.1',
    clientPort: 9092,
    controllerPort: 9093,
    dataDir: '/var/lib/kafka/data',
  };
  const stomp = { listenHost: '0.0.0.0', stompPort: 61613 };
  return {
    'rabbitmq/rabbitmq.conf': rabbitmqConf(rabbitmq),
    'rabbitmq/enabled_plugins': rabbitmqEnabledPlugins(),
    'rabbitmq-stomp/rabbitmq.conf': rabbitmqConf({ ...rabbitmq, stompPort: stomp.stompPort }),
    'rabbitmq-stomp/enabled_plugins': rabbitmqEnabledPlugins(['rabbitmq_stomp']),
    'kafka/server.properties': kafkaServerProperties(kafka),
    'kafka-flush-1/server.properties': kafkaServerProperties({ ...kafka, flushMessages: 1 }),
    'activemq/activemq.xml': activemqXml({ ...stomp, journalDiskSync: 'always' }),
    'activemq-periodic-sync/activemq.xml': activemqXml({ ...stomp, journalDiskSync: 'periodic' }),
    'activemq-artemis/broker.xml': artemisBrokerXml({ ...stomp, dataDir: 'data' }),
  };
}
