import { expect, it } from 'vitest';
import { managementHttp } from '../../src/monitor/rabbitmq/index.js';

const at = (url: string, more: object = {}): string =>
  managementHttp({ url, username: 'me', password: 'secret', ...more }).http.where;

it('the management interface is looked for where it usually is, and with TLS wherever TLS was asked for', () => {
  expect(at('amqp://host:5672')).toMatch(/^http:\/\/host:15672/);
  expect(at('stomp://host:61613')).toMatch(/^http:\/\/host:15672/);
  expect(at('amqps://host:5671', { tls: {} })).toMatch(/^https:\/\/host:15671/);
  expect(at('stomp+ssl://host:61614', { tls: {} })).toMatch(/^https:\/\/host:15671/);
  expect(at('stomp+ssl://host:61614', { tls: {}, managementUrl: 'http://host:1' })).toMatch(/^http:\/\/host:1/);
});
