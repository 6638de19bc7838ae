/**
 * Log4j 2 settings of a Java broker that we start: everything from INFO on goes to standard output, which we keep
 * as the server's log file. The shutdown hook is off, so that what the broker says while it stops is kept too.
 * @param levels of some loggers by name, e.g. `OFF`
 */
export function log4j2Properties(levels: Readonly<Record<string, string>> = {}): string {
  return [
    'shutdownHook=disable',
    'rootLogger.level=INFO',
    'rootLogger.appenderRef.console.ref=Console',
    ...Object.entries(levels).flatMap(([name, level], at) => [
      `logger.l${at}.name=${name}`,
      `logger.l${at}.level=${level}`,
    ]),
    'appender.console.type=Console',
    'appender.console.name=Console',
    'appender.console.layout.type=PatternLayout',
    'appender.console.layout.pattern=%d | %-5p | %m | %c | %t%n%throwable{full}',
    '',
  ].join('\n');
}
