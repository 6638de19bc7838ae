/** RabbitMQ's configuration files, the same text for a local server and for Compose. */
import { maxMessageBytes } from '../../brokers/rabbitmq/limits.js';

export interface RabbitmqConfig {
  /** Address that the listeners bind: loopback on this machine, every interface inside a container. */
  readonly listenHost: string;
  readonly amqpPort: number;
  readonly managementPort: number;
  /** Where the STOMP plugin listens; left out, there is none. */
  readonly stompPort?: number;
  /** The only user, made at the first start, so that there is no `guest`; undefined where the environment names it. */
  readonly user?: { readonly name: string; readonly password: string };
}

/**
 * `rabbitmq.conf` with one AMQP and one management listener; figures are refreshed every second and not every five, as
 * that is how often a run looks at them; messages may be as large as the adapter says; the log goes to standard output. Understood by RabbitMQ
 * 3.8 to 4.3.
 */
export function rabbitmqConf(config: RabbitmqConfig): string {
  return [
    `listeners.tcp.1 = ${config.listenHost}:${config.amqpPort}`,
    ...(config.stompPort === undefined ? [] : [`stomp.listeners.tcp.1 = ${config.listenHost}:${config.stompPort}`]),
    `management.tcp.ip = ${config.listenHost}`,
    `management.tcp.port = ${config.managementPort}`,
    'collect_statistics_interval = 1000',
    `max_message_size = ${maxMessageBytes}`,
    ...(config.user === undefined
      ? []
      : [`default_user = ${config.user.name}`, `default_pass = ${config.user.password}`]),
    'log.console = true',
    'log.console.level = info',
    'log.file = false',
    '',
  ].join('\n');
}

/**
 * The plugins that are on; the management plugin brings its agent along.
 * @param more beside it, e.g. `rabbitmq_stomp`
 */
export function rabbitmqEnabledPlugins(more: readonly string[] = []): string {
  return `[${['rabbitmq_management', ...more].join(',')}].\n`;
}
