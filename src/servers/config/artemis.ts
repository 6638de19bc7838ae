/** ActiveMQ Artemis' configuration files: broker.xml is the same text for a local server and for Compose. */

export interface ArtemisConfig {
  /** Address that the STOMP acceptor binds: loopback on this machine, every interface inside a container. */
  readonly listenHost: string;
  readonly stompPort: number;
  /** Folder of journal, bindings and pages; relative to the working directory of the broker or absolute. */
  readonly dataDir: string;
}

/** The group of the one user; the container's own user has it too. */
const role = 'amq';

const permissions = [
  'createNonDurableQueue',
  'deleteNonDurableQueue',
  'createDurableQueue',
  'deleteDurableQueue',
  'createAddress',
  'deleteAddress',
  'consume',
  'browse',
  'send',
] as const;

/**
 * A broker with one STOMP acceptor and a journal that is synced to disk before a receipt leaves. `/queue/` and
 * `/topic/` in front of a destination mean what they mean on ActiveMQ Classic. A queue is made at its first use and
 * goes when it is empty and no one listens. Redeliveries have no limit, as on the other brokers, and a client that
 * wants no heart-beats is not cut off for it.
 */
export function artemisBrokerXml({ listenHost, stompPort, dataDir }: ArtemisConfig): string {
  const acceptor = ['protocols=STOMP', 'anycastPrefix=/queue/', 'multicastPrefix=/topic/', 'tcpNoDelay=true'].join(';');
  return `<configuration xmlns="urn:activemq">
  <core xmlns="urn:activemq:core">
    <name>localhost</name>
    <persistence-enabled>true</persistence-enabled>
    <journal-type>NIO</journal-type>
    <journal-datasync>true</journal-datasync>
    <paging-directory>${dataDir}/paging</paging-directory>
    <bindings-directory>${dataDir}/bindings</bindings-directory>
    <journal-directory>${dataDir}/journal</journal-directory>
    <large-messages-directory>${dataDir}/large-messages</large-messages-directory>
    <connection-ttl-override>-1</connection-ttl-override>
    <acceptors>
      <acceptor name="stomp">tcp://${listenHost}:${stompPort}?${acceptor}</acceptor>
    </acceptors>
    <security-settings>
      <security-setting match="#">
${permissions.map((type) => `        <permission type="${type}" roles="${role}"/>\n`).join('')}      </security-setting>
    </security-settings>
    <address-settings>
      <address-setting match="#">
        <max-delivery-attempts>-1</max-delivery-attempts>
        <max-size-bytes>128MB</max-size-bytes>
        <address-full-policy>PAGE</address-full-policy>
        <default-address-routing-type>ANYCAST</default-address-routing-type>
        <default-queue-routing-type>ANYCAST</default-queue-routing-type>
      </address-setting>
    </address-settings>
  </core>
</configuration>
`;
}

/**
 * What the launcher reads first.
 * @param brokerUrl address of broker.xml; the launcher takes absolute ones only
 */
export function artemisBootstrapXml(brokerUrl: string): string {
  return `<broker xmlns="http://activemq.apache.org/schema">
  <jaas-security domain="activemq"/>
  <server configuration="${brokerUrl.replaceAll('&', '&amp;')}"/>
</broker>
`;
}

/** No JMX connector: nothing manages it from outside. */
export function artemisManagementXml(): string {
  return '<management-context xmlns="http://activemq.apache.org/schema"/>\n';
}

/** The one user, whose files stand beside `login.config`. The values may need no quoting, as those of a room do not. */
export function artemisLogin(user: { readonly username: string; readonly password: string }): {
  readonly 'login.config': string;
  readonly 'users.properties': string;
  readonly 'roles.properties': string;
} {
  return {
    'login.config': `activemq {
  org.apache.activemq.artemis.spi.core.security.jaas.PropertiesLoginModule required
    reload=false
    org.apache.activemq.jaas.properties.user="users.properties"
    org.apache.activemq.jaas.properties.role="roles.properties";
};
`,
    'users.properties': `${user.username}=${user.password}\n`,
    'roles.properties': `${role}=${user.username}\n`,
  };
}
