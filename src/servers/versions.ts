/**
 * The first RabbitMQ release series whose community support is not known to have ended. Only the latest series gets it
 * (COMMUNITY_SUPPORT.md in rabbitmq/rabbitmq-server); that of 4.1 ended on 2026-01-30 (endoflife.date/rabbitmq).
 */
const firstSupported = { major: 4, minor: 2 } as const;

/** What to say about a RabbitMQ version in tables and plots; undefined when nothing or when it is not known. */
export function rabbitmqWarning(version: string): string | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const behind = Number(major) - firstSupported.major || Number(minor) - firstSupported.minor;
  return behind < 0 ? `RabbitMQ ${major}.${minor} is no longer supported by its makers` : undefined;
}
