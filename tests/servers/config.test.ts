import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { activemqXml, jolokiaProperties } from '../../src/servers/config/activemq.js';
import { kafkaServerProperties } from '../../src/servers/config/kafka.js';
import { javaProperties } from '../../src/servers/config/properties.js';
import { capabilities } from '../../src/brokers/rabbitmq/capabilities.js';
import { rabbitmqConf } from '../../src/servers/config/rabbitmq.js';
import { composeConfigFiles } from '../../src/servers/compose/config.js';

describe('Java properties', () => {
  /** What java.util.Properties.load makes of one `key=value` line. */
  function load(line: string): string {
    return line
      .replace(/\n$/, '')
      .replace(/^[^=]*=/, '')
      .replace(/^[ \t\f]+/, '')
      .replace(/\\(u[0-9a-f]{4}|.)/gs, (_, escaped: string) => {
        if (escaped.length === 5) return String.fromCharCode(parseInt(escaped.slice(1), 16));
        return { n: '\n', r: '\r', t: '\t' }[escaped] ?? escaped;
      });
  }

  test('carry any value through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const text = javaProperties({ key: value });
        expect(text.split('\n')).toHaveLength(2);
        expect(load(text)).toBe(value);
      }),
      { examples: [['\t'], [' '], ['  \t \\ \n'], ['\\u0009']] },
    );
  });
});

describe('a local broker', () => {
  test('Kafka binds and advertises loopback alone', () => {
    const text = kafkaServerProperties({
      listenHost: '127.0.0.1',
      advertisedHost: '127.0.0.1',
      clientPort: 4001,
      controllerPort: 4002,
      dataDir: 'data',
    });
    expect(text).toContain('listeners=PLAINTEXT://127.0.0.1:4001,CONTROLLER://127.0.0.1:4002\n');
    expect(text).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:4001\n');
    expect(text).toContain('group.initial.rebalance.delay.ms=0\n');
    expect(text).not.toMatch(/0\.0\.0\.0/);
    expect(text).not.toMatch(/sasl/i);
  });

  test('Kafka with credentials has no listener for clients that takes anybody', () => {
    const text = kafkaServerProperties({
      listenHost: '127.0.0.1',
      advertisedHost: '127.0.0.1',
      clientPort: 4001,
      controllerPort: 4002,
      dataDir: 'data',
      credentials: { username: 'me-1', password: 'secret' },
    });
    expect(text).toContain('\nlisteners=SASL_PLAINTEXT://127.0.0.1:4001,CONTROLLER://127.0.0.1:4002\n');
    expect(text).toContain('advertised.listeners=SASL_PLAINTEXT://127.0.0.1:4001\n');
    expect(text).toContain('inter.broker.listener.name=SASL_PLAINTEXT\n');
    expect(text).toContain('protocol.map=CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT\n');
    expect(text).toMatch(
      /\nlistener\.name\.sasl_plaintext\.plain\.sasl\.jaas\.config=.* username="me-1" password="secret" user_me-1="secret";\n/,
    );
  });

  test('ActiveMQ opens STOMP alone and has no credentials in its file', () => {
    const text = activemqXml({ listenHost: '127.0.0.1', stompPort: 4003, journalDiskSync: 'always' });
    expect(text.match(/<transportConnector /g)).toHaveLength(1);
    expect(text).toContain('stomp://127.0.0.1:4003?');
    expect(text).toContain('password="${MQBENCH_ACTIVEMQ_PASSWORD}"');
    expect(text).toContain('anonymousAccessAllowed="false"');
  });

  test('Jolokia listens on loopback and asks for the password', () => {
    const text = jolokiaProperties({ port: 1, username: 'me', password: 'secret', policyUrl: 'file:///a' });
    expect(text).toContain('host=127.0.0.1\n');
    expect(text).toContain('user=me\npassword=secret\n');
  });

  test('RabbitMQ has the one user that it is given', () => {
    const user = { name: 'me', password: 'secret' };
    const text = rabbitmqConf({ listenHost: '127.0.0.1', amqpPort: 4004, managementPort: 4005, user });
    expect(text).toContain('listeners.tcp.1 = 127.0.0.1:4004\n');
    expect(text).toContain('management.tcp.ip = 127.0.0.1\n');
    expect(text).toContain('default_user = me\ndefault_pass = secret\n');
  });

  test('RabbitMQ takes bodies as large as its adapter says, also where its own default is smaller', () => {
    const text = rabbitmqConf({ listenHost: '127.0.0.1', amqpPort: 1, managementPort: 2 });
    expect(text).toContain(`max_message_size = ${capabilities.maxBodyBytes}\n`);
  });
});

test.each(Object.entries(composeConfigFiles()))('assets/compose/%s is what would be generated', (path, text) => {
  const committed = readFileSync(new URL(`../../assets/compose/${path}`, import.meta.url), 'utf8');
  expect(committed, 'run `npm run compose-config` and commit the result').toBe(text);
});
