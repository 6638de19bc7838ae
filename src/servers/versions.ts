/**
 * The first RabbitMQ release series that its makers still give community support to. Each series is supported until
 * the next but one is out, see https://www.rabbitmq.com/release-information
 */
const firstSupported = { major: 4, minor: 1 } as const;

/** What to say about a RabbitMQ version in tables and plots; undefined when nothing or when it is not known. */
export function rabbitmqWarning(version: string): string | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const behind = Number(major) - firstSupported.major || Number(minor) - firstSupported.minor;
  return behind < 0 ? `RabbitMQ ${major}.${minor} is no longer supported by its makers` : undefined;
}
