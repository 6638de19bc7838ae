/** ActiveMQ Classic's configuration files, the same text for a local server and for Compose. */
import { javaProperties } from './properties.js';

/** Environment variables that `activemq.xml` takes the credentials from, so that no file carries them. */
export const activemqUserVariable = 'MQBENCH_ACTIVEMQ_USER';
export const activemqPasswordVariable = 'MQBENCH_ACTIVEMQ_PASSWORD';

/** When KahaDB, ActiveMQ's store, syncs its journal to disk: before each receipt (its default), or once a second. */
export type JournalDiskSync = 'always' | 'periodic';

export interface ActivemqConfig {
  /** Address that the STOMP connector binds: loopback on this machine, every interface inside a container. */
  readonly listenHost: string;
  readonly stompPort: number;
  readonly journalDiskSync: JournalDiskSync;
}

/**
 * A broker with one STOMP connector, KahaDB, one user and the statistics plugin. The folder comes from the system
 * property `activemq.data`. TCP_NODELAY is on: with Nagle's algorithm a message can wait for a delayed
 * acknowledgement, some 40 ms.
 */
export function activemqXml(config: ActivemqConfig): string {
  const options = [
    'maximumConnections=1000',
    'transport.tcpNoDelay=true',
    `wireFormat.maxFrameSize=${100 * 1024 * 1024}`,
  ].join('&amp;');
  return `<beans xmlns="http://www.springframework.org/schema/beans"
       xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
       xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans.xsd
                           http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
  <!-- Resolves \${…} from system properties and environment variables. -->
  <bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"/>
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="localhost"
          dataDirectory="\${activemq.data}" persistent="true" useJmx="true"
          advisorySupport="true" schedulerSupport="false" schedulePeriodForDestinationPurge="1000">
    <!-- STOMP cannot delete a queue: what is empty and unused for 5 s goes by itself. -->
    <destinationPolicy>
      <policyMap><policyEntries>
        <policyEntry queue=">" producerFlowControl="true" memoryLimit="128mb" persistJMSRedelivered="true"
                     gcInactiveDestinations="true" inactiveTimeoutBeforeGC="5000"/>
        <policyEntry queue="mqbench-priority.>" producerFlowControl="true" memoryLimit="128mb" persistJMSRedelivered="true"
                     prioritizedMessages="true" gcInactiveDestinations="true" inactiveTimeoutBeforeGC="5000"/>
        <policyEntry topic=">" producerFlowControl="true" memoryLimit="128mb"
                     gcInactiveDestinations="true" inactiveTimeoutBeforeGC="5000"/>
      </policyEntries></policyMap>
    </destinationPolicy>
    <managementContext><managementContext createConnector="false"/></managementContext>
    <persistenceAdapter>
      <kahaDB directory="\${activemq.data}/kahadb" journalMaxFileLength="32mb"
              journalDiskSyncStrategy="${config.journalDiskSync}"/>
    </persistenceAdapter>
    <plugins>
      <simpleAuthenticationPlugin anonymousAccessAllowed="false">
        <users>
          <authenticationUser username="\${${activemqUserVariable}}" password="\${${activemqPasswordVariable}}" groups="admins"/>
        </users>
      </simpleAuthenticationPlugin>
      <statisticsBrokerPlugin/>
    </plugins>
    <systemUsage><systemUsage>
      <memoryUsage><memoryUsage percentOfJvmHeap="60"/></memoryUsage>
      <storeUsage><storeUsage limit="4 gb"/></storeUsage>
      <tempUsage><tempUsage limit="1 gb"/></tempUsage>
    </systemUsage></systemUsage>
    <transportConnectors>
      <transportConnector name="stomp" uri="stomp://${config.listenHost}:${config.stompPort}?${options}"/>
    </transportConnectors>
  </broker>
</beans>
`;
}

/** Settings of the Jolokia agent (JMX over HTTP), in a file because command lines can be read by everyone. */
export function jolokiaProperties(config: { port: number; username: string; password: string; policyUrl: string }) {
  return javaProperties({
    host: '127.0.0.1',
    port: config.port,
    user: config.username,
    password: config.password,
    discoveryEnabled: false,
    policyLocation: config.policyUrl,
  });
}

/** What the Jolokia agent may be asked: reading only. */
export function jolokiaAccessXml(): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<restrict>
  <commands><command>read</command><command>search</command><command>list</command><command>version</command></commands>
</restrict>
`;
}
