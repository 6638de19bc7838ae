/**
 * Log4j 2 settings of a Java broker that we start: everything from INFO on goes to standard output, which we keep
 * as the server's log file. The shutdown hook is off, so that what the broker says while it stops is kept too.
 */
export function log4j2Properties(): string {
  return [
    'shutdownHook=disable',
    'rootLogger.level=INFO',
    'rootLogger.appenderRef.console.ref=Console',
    'appender.console.type=Console',
    'appender.console.name=Console',
    'appender.console.layout.type=PatternLayout',
    'appender.console.layout.pattern=%d | %-5p | %m | %c | %t%n%throwable{full}',
    '',
  ].join('\n');
}
