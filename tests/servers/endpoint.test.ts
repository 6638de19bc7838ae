import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import forge from 'node-forge';
import { afterAll, describe, expect, test } from 'vitest';
import { certify } from '../fixtures/certificates.js';
import { MqbenchError, UsageError } from '../../src/errors.js';
import { namedServer, urlVariable } from '../../src/servers/endpoint/index.js';
import { parseEndpoint } from '../../src/servers/endpoint/url.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-test & url-'));
const authority = certify(folder, 'ca');
const ca = authority.certFile;
const other = certify(folder, 'other', authority);
const damaged = join(folder, 'damaged.pem');
writeFileSync(damaged, '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n');
const locked = join(folder, 'locked.key');
writeFileSync(locked, forge.pki.encryptRsaPrivateKey(other.key, 'a passphrase'));
const noPem = join(folder, 'no.pem');
writeFileSync(noPem, 'hello');
afterAll(() => rmSync(folder, { recursive: true }));

const parse = (text: string, adapter: string) => parseEndpoint(text, adapter, 'MQBENCH_X_URL');

describe('addresses', () => {
  test.each([
    ['rabbitmq', 'amqp://host', { url: 'amqp://host:5672' }],
    ['rabbitmq', 'AMQP://host:1/a%2Fb', { url: 'amqp://host:1/a%2Fb' }],
    ['rabbitmq', 'amqp://u:p@host/', { url: 'amqp://host:5672/', username: 'u', password: 'p' }],
    [
      'rabbitmq',
      'amqps://u:p%40%3A%2F@[::1]/v',
      { url: 'amqps://[::1]:5671/v', username: 'u', password: 'p@:/', tls: {} },
    ],
    ['kafka', 'kafka://a,b:9,c', { url: 'kafka://a:9092,b:9,c:9092' }],
    ['kafka', 'kafka://u:p@a', { url: 'kafka://a:9092', username: 'u', password: 'p', saslMechanism: 'plain' }],
    [
      'kafka',
      'kafka+ssl://u:p@a,b?sasl=scram-sha-512&servername=x.y',
      {
        url: 'kafka+ssl://a:9093,b:9093',
        username: 'u',
        password: 'p',
        saslMechanism: 'scram-sha-512',
        tls: { servername: 'x.y' },
      },
    ],
    [
      'rabbitmq',
      'amqp://host?management=http%3A%2F%2Fhost%3A15672',
      { url: 'amqp://host:5672', managementUrl: 'http://host:15672' },
    ],
    [
      'stomp',
      'stomp://host?management=http://host:8161/api/jolokia',
      { url: 'stomp://host:61613', managementUrl: 'http://host:8161/api/jolokia' },
    ],
    ['stomp', 'stomp://host', { url: 'stomp://host:61613' }],
    // RabbitMQ's virtual host.
    ['stomp', 'stomp://host/orders', { url: 'stomp://host:61613/orders' }],
    ['stomp', 'stomp+ssl://u@host', { url: 'stomp+ssl://host:61614', username: 'u', tls: {} }],
    ['memory', 'memory://127.0.0.1:77', { url: 'memory://127.0.0.1:77' }],
    ['theirs', 'nats://u:p@host:4222/x', { url: 'nats://host:4222/x', username: 'u', password: 'p' }],
  ])('%s takes %s', (adapter, text, endpoint) => {
    expect(parse(text, adapter)).toEqual(endpoint);
  });

  test('TLS files are read, blanks and all', () => {
    const { tls } = parse(`amqps://host?ca=${encodeURIComponent(ca)}`, 'rabbitmq');
    expect(tls?.ca).toContain('BEGIN CERTIFICATE');
  });

  test.each([
    ['rabbitmq', 'kafka://host', /begins with neither amqp:\/\/ nor amqps:\/\//],
    // The embedded broker speaks no TLS, and a password must not go in clear to one that was asked for it.
    ['memory', 'memory+ssl://me:secret@host:1', /does not begin with memory:\/\//],
    ['rabbitmq', 'host:5672', /is not a URL/],
    ['rabbitmq', 'amqp://', /no proper host/],
    ['rabbitmq', 'amqp://a,b', /several hosts/],
    ['rabbitmq', 'amqp://host:0', /between 1 and 65535/],
    ['rabbitmq', 'amqp://host:65536', /between 1 and 65535/],
    ['rabbitmq', 'amqp://u:p#x@host', /no proper host|`#`/],
    ['rabbitmq', 'amqp://u:p%zz@host', /%25/],
    ['rabbitmq', 'amqp://:p@host', /a password but no user/],
    ['rabbitmq', 'amqp://host?sasl=plain', /parameter that is not known/],
    ['rabbitmq', 'amqp://host?ca=x', /use amqps:\/\//],
    ['rabbitmq', 'amqps://host?ca=/no/such/file', /`ca` that cannot be read \(ENOENT\)/],
    ['rabbitmq', `amqps://host?ca=${encodeURIComponent(noPem)}`, /PEM/],
    ['rabbitmq', `amqps://host?cert=${encodeURIComponent(ca)}`, /both `cert` and `key`/],
    ['kafka', 'kafka://u:p@host?sasl=gssapi', /plain, scram-sha-256, scram-sha-512/],
    ['kafka', 'kafka://host?sasl=plain', /no user/],
    ['kafka', 'kafka://host/path', /has a path/],
    ['kafka', 'kafka://host?management=http://host', /parameter that is not known/],
    ['rabbitmq', 'amqp://host?management=host:15672', /`management` that is not http/],
    ['rabbitmq', 'amqp://host?management=http://u:p%40host', /`management` that is not http/],
    ['memory', 'memory://127.0.0.1', /no port/],
  ])('%s refuses %s', (adapter, text, message) => {
    expect(() => parse(text, adapter)).toThrow(UsageError);
    expect(() => parse(text, adapter)).toThrow(message);
  });

  test.each([
    ['the key of another certificate', ca, other.keyFile, /`key` is not the key of the certificate/],
    ['a damaged certificate', damaged, other.keyFile, /damaged or of an unknown kind/],
    ['a key with a passphrase', other.certFile, locked, /protected by a passphrase.*openssl pkey/],
  ])('TLS files are tried when they are read: %s', (_what, cert, key, message) => {
    const address = `kafka+ssl://host?cert=${encodeURIComponent(cert)}&key=${encodeURIComponent(key)}`;
    expect(() => parse(address, 'kafka')).toThrow(UsageError);
    expect(() => parse(address, 'kafka')).toThrow(message);
    expect(() => parse(address, 'kafka')).not.toThrow(/PRIVATE|passphrase'|abc/);
  });

  test('no error ever shows a part of the password, however mangled the address is', () => {
    const password = fc.string({ unit: 'grapheme', minLength: 0, maxLength: 12 }).map((text) => `S3cr${text}t-W0rd`);
    const mangle = fc.constantFrom(
      (p: string) => `amqp://user:${p}@host:5672/vhost`,
      (p: string) => `amqp://user:${p}@host:port`,
      (p: string) => `amqp//user:${p}@host`,
      (p: string) => `user:${p}@host`,
      (p: string) => `kafka+ssl://user:${p}@a,b:0?ca=/none`,
      (p: string) => `kafka://user:${p}@a?sasl=${p}`,
      (p: string) => `stomp+ssl://host?ca=${p}`,
      (p: string) => `stomp://host?${p}`,
      (p: string) => `amqps://user:${encodeURIComponent(p)}@host?key=x`,
      (p: string) => `${p}://host`,
    );
    fc.assert(
      fc.property(
        password,
        mangle,
        fc.constantFrom('rabbitmq', 'kafka', 'stomp', 'memory', 'x'),
        (p, make, adapter) => {
          try {
            const { url } = parse(make(p), adapter);
            // The last two forms say the word where no password belongs.
            if (make(p).includes('user:')) expect(url).not.toMatch(/S3cr|t-W0rd/);
          } catch (error) {
            if (!(error instanceof MqbenchError)) throw error;
            const shown = JSON.stringify([error.message, error.details, String(error.stack)]);
            expect(shown).not.toMatch(/S3cr|t-W0rd/);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a named server', () => {
  const target = { name: 'kafka-flush.1', adapter: 'kafka', url: 'kafka://scenario' };

  test('has a variable in capitals', () => {
    expect(urlVariable('kafka-flush.1')).toBe('MQBENCH_KAFKA_FLUSH_1_URL');
  });

  test('comes from the environment before the scenario', async () => {
    const server = namedServer(target, { MQBENCH_KAFKA_FLUSH_1_URL: 'kafka://u:p@env' });
    expect(server).toMatchObject({ provider: 'endpoint', endpoint: { url: 'kafka://env:9092', username: 'u' } });
    expect(namedServer(target, { MQBENCH_KAFKA_FLUSH_1_URL: '' })?.endpoint.url).toBe('kafka://scenario:9092');
    expect(namedServer({ ...target, url: undefined }, {})).toBeUndefined();
  });

  test('that is no address is told with the place that it stands in', () => {
    expect(() => namedServer(target, { MQBENCH_KAFKA_FLUSH_1_URL: 'x' })).toThrow(/MQBENCH_KAFKA_FLUSH_1_URL/);
    expect(() => namedServer({ ...target, url: 'x' }, {})).toThrow(/the scenario's url of target kafka-flush.1/);
  });
});
