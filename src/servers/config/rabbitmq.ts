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

/** How often the RabbitMQ that mqbench starts refreshes its figures, in seconds: as often as a run looks at them. */
export const refreshSeconds = 1;

/**
 * Two clocks stand between a queue and the management API: queues and channels tell their figures every
 * `collect_statistics_interval` milliseconds, and the management agent collects them as often as the shortest of its
 * retention policies has a sample, in whole seconds; by itself that is 5 s, however often they are told. All three
 * policies are named, as one that is left out beside another is empty, and with an empty one the agent does not start
 * (rabbitmq_management.schema and rabbit_mgmt_metrics_collector, the same from 3.10 to 4).
 */
function refreshSettings(): string[] {
  const policies = ['global', 'basic', 'detailed'];
  return [
    `collect_statistics_interval = ${refreshSeconds * 1000}`,
    ...policies.map((policy) => `management.sample_retention_policies.${policy}.minute = ${refreshSeconds}`),
  ];
}

/**
 * `rabbitmq.conf` with one AMQP and one management listener; figures are refreshed every second and not every five;
 * messages may be as large as the adapter says; the log goes to standard output. Understood by RabbitMQ 3.8 to 4.3.
 */
export function rabbitmqConf(config: RabbitmqConfig): string {
  return [
    `listeners.tcp.1 = ${config.listenHost}:${config.amqpPort}`,
    ...(config.stompPort === undefined ? [] : [`stomp.listeners.tcp.1 = ${config.listenHost}:${config.stompPort}`]),
    `management.tcp.ip = ${config.listenHost}`,
    `management.tcp.port = ${config.managementPort}`,
    ...refreshSettings(),
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
