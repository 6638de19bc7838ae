import { basename } from 'node:path';
import { baseEnvironment, type Command, type Room } from '../supervised/launch.js';

/** Heap of a Java broker, the same for each: as Kafka's own start script sets its maximum. */
export const heap = { args: ['-Xms512m', '-Xmx1g'], text: '512 MiB to 1 GiB' } as const;

/** Links for jars under `lib/`, so that the class path has short names without special characters. */
export function jarLinks(jars: readonly string[]): Record<string, string> {
  return Object.fromEntries(jars.map((jar) => [`lib/${basename(jar)}`, jar]));
}

/** The class path of the linked jars, each named: never a wildcard, whose order would be the file system's. */
export function classPath(jars: readonly string[]): string {
  return jars.map((jar) => `lib/${basename(jar)}`).join(':');
}

/** The version in the file name of an artifact, e.g. 4.3.1 in `kafka_2.13-4.3.1.jar`. */
export function artifactVersion(jar: string, artifactId: string): string {
  return basename(jar, '.jar').slice(artifactId.length + 1);
}

/** A JVM in the room, its temporary files included. */
export function javaCommand(
  java: string,
  room: Room,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Command {
  return {
    command: java,
    args: [
      '-Djava.awt.headless=true',
      '-Djava.io.tmpdir=tmp',
      '-Dlog4j2.configurationFile=conf/log4j2.properties',
      ...args,
    ],
    env: { ...baseEnvironment(room), ...env },
  };
}
