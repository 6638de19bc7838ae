import { basename, join } from 'node:path';
import {
  activemqPasswordVariable,
  activemqUserVariable,
  activemqXml,
  type JournalDiskSync,
  jolokiaAccessXml,
  jolokiaProperties,
} from '../config/activemq.js';
import type { ServerId } from '../provider.js';
import { log4j2Properties } from '../config/log4j2.js';
import { artifactVersion, classPath, heap, jarLinks, javaCommand } from './java.js';
import { portOf, type ServerKind } from '../supervised/launch.js';
import { probeStomp } from '../supervised/probe/stomp.js';
import { ensureJava, ensureMavenArtifacts } from './store/index.js';

export const activemq = activemqKind('activemq', 'always');
/** Syncs its journal to disk once a second and not before each receipt. */
export const activemqPeriodicSync = activemqKind('activemq-periodic-sync', 'periodic');

/** Apache ActiveMQ Classic: STOMP for messages, Jolokia (JMX over HTTP, read only) for its counters. */
function activemqKind(id: ServerId, journalDiskSync: JournalDiskSync): ServerKind {
  return {
    id,
    provider: 'local',
    product: 'Apache ActiveMQ Classic',
    isJvm: true,
    ports: 2,
    async obtain(context) {
      const [artifacts, java] = [await ensureMavenArtifacts('activemq', context), await ensureJava(context)];
      const agent = artifacts.byArtifact('jolokia-agent-jvm');
      return {
        version: artifactVersion(artifacts.byArtifact('activemq-broker'), 'activemq-broker'),
        provenance: {
          ...artifacts.provenance,
          ...java.provenance,
          heap: heap.text,
          ...(journalDiskSync === 'always' ? {} : { configuration: `journalDiskSyncStrategy=${journalDiskSync}` }),
        },
        launch(room) {
          const [stompPort, jolokiaPort] = [portOf(room, 0), portOf(room, 1)];
          const user = { username: room.username, password: room.password };
          return {
            folders: ['tmp', 'data'],
            links: jarLinks([...artifacts.jars, agent]),
            files: {
              'conf/log4j2.properties': log4j2Properties(),
              'conf/activemq.xml': activemqXml({ listenHost: '127.0.0.1', stompPort, journalDiskSync }),
              'conf/jolokia-access.xml': jolokiaAccessXml(),
              'conf/jolokia.properties': jolokiaProperties({
                ...user,
                port: jolokiaPort,
                policyUrl: fileUrl(join(room.folder, 'conf', 'jolokia-access.xml')),
              }),
            },
            before: [],
            beside: [],
            server: javaCommand(
              java.java,
              room,
              [
                ...heap.args,
                `-javaagent:lib/${basename(agent)}=config=conf/jolokia.properties`,
                '-Dactivemq.home=.',
                '-Dactivemq.base=.',
                '-Dactivemq.conf=conf',
                '-Dactivemq.data=data',
                '-cp',
                classPath(artifacts.jars),
                'org.apache.activemq.console.Main',
                'start',
                'xbean:file:conf/activemq.xml',
              ],
              { [activemqUserVariable]: room.username, [activemqPasswordVariable]: room.password },
            ),
            after: [],
            endpoint: {
              url: `stomp://127.0.0.1:${stompPort}`,
              ...user,
              managementUrl: `http://127.0.0.1:${jolokiaPort}/jolokia`,
            },
            probe: (signal) => probeStomp('127.0.0.1', stompPort, user, signal),
          };
        },
      };
    },
  };
}

/** A file URL with everything percent-encoded that a reader of settings could take for syntax. */
export function fileUrl(path: string): string {
  return `file://${path.split('/').map(encodeURIComponent).join('/')}`;
}
