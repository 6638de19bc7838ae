/** Servers that run on this machine without Docker and without root. */
import type { ServerId, StartContext } from '../provider.js';
import type { ServerKind } from '../supervised/launch.js';
import { startServer, type StartOptions, type SupervisedServer } from '../supervised/start.js';
import { activemq, activemqPeriodicSync } from './activemq.js';
import { artemis } from './artemis.js';
import { kafka, kafkaFlush1 } from './kafka.js';
import { memory } from './memory.js';
import { rabbitmq, rabbitmqStomp } from './rabbitmq.js';

export const localKinds: Readonly<Record<ServerId, ServerKind>> = {
  rabbitmq,
  kafka,
  activemq,
  memory,
  'rabbitmq-stomp': rabbitmqStomp,
  'kafka-flush-1': kafkaFlush1,
  'activemq-periodic-sync': activemqPeriodicSync,
  'activemq-artemis': artemis,
};

/**
 * Starts a server of our own on this machine and waits until it answers in its protocol.
 * @throws BrokerError when it cannot be had here or does not come up, within two minutes after the download
 * @throws InterruptedError when the signal aborts; nothing is left then
 */
export async function startLocalServer(
  id: ServerId,
  context: StartContext,
  options: StartOptions = {},
): Promise<SupervisedServer> {
  return startServer(localKinds[id], context, options);
}
