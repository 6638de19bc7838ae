import { join } from 'node:path';
import { artemisBootstrapXml, artemisBrokerXml, artemisLogin, artemisManagementXml } from '../config/artemis.js';
import { log4j2Properties } from '../config/log4j2.js';
import { portOf, type ServerKind } from '../supervised/launch.js';
import { probeStomp } from '../supervised/probe/stomp.js';
import { fileUrl } from './activemq.js';
import { artifactVersion, classPath, heap, jarLinks, javaCommand } from './java.js';
import { ensureJava, ensureMavenArtifacts } from './store/index.js';

/** Artemis says whatever anyone does to loggers of this name. */
const audit = 'org.apache.activemq.audit';

/** Apache ActiveMQ Artemis: STOMP for messages, nothing else open. */
export const artemis: ServerKind = {
  id: 'activemq-artemis',
  provider: 'local',
  product: 'Apache ActiveMQ Artemis',
  isJvm: true,
  ports: 1,
  async obtain(context) {
    const [artifacts, java] = [await ensureMavenArtifacts('artemis', context), await ensureJava(context)];
    return {
      version: artifactVersion(artifacts.byArtifact('artemis-server'), 'artemis-server'),
      provenance: { ...artifacts.provenance, ...java.provenance, heap: heap.text },
      launch(room) {
        const stompPort = portOf(room, 0);
        const user = { username: room.username, password: room.password };
        const login = Object.entries(artemisLogin(user)).map(([name, text]) => [`conf/${name}`, text]);
        return {
          folders: ['tmp', 'data'],
          links: jarLinks(artifacts.jars),
          files: {
            'conf/log4j2.properties': log4j2Properties({ [audit]: 'OFF' }),
            'conf/broker.xml': artemisBrokerXml({ listenHost: '127.0.0.1', stompPort, dataDir: 'data' }),
            'conf/bootstrap.xml': artemisBootstrapXml(fileUrl(join(room.folder, 'conf', 'broker.xml'))),
            'conf/management.xml': artemisManagementXml(),
            ...(Object.fromEntries(login) as Record<string, string>),
          },
          before: [],
          beside: [],
          server: javaCommand(java.java, room, [
            ...heap.args,
            '-Djava.security.auth.login.config=conf/login.config',
            '-Dartemis.home=.',
            '-Dartemis.instance=.',
            '-Dartemis.instance.etc=conf',
            '-Ddata.dir=data',
            '-cp',
            classPath(artifacts.jars),
            'org.apache.activemq.artemis.cli.Artemis',
            'run',
          ]),
          after: [],
          endpoint: { url: `stomp://127.0.0.1:${stompPort}`, ...user },
          probe: (signal) => probeStomp('127.0.0.1', stompPort, user, signal),
        };
      },
    };
  },
};
