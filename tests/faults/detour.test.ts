import { expect, it } from 'vitest';
import type { Endpoint } from '../../src/brokers/adapter.js';
import { canDetour, openDetour } from '../../src/faults/detour.js';

const through = async (endpoint: Endpoint): Promise<Endpoint> => {
  const detour = await openDetour(endpoint);
  await detour.proxy.close();
  return detour.endpoint;
};

it('leads through the proxy, and asks for the certificate of the server behind it', async () => {
  const { url, tls, via } = await through({ url: 'amqps://broker.example.com:5671/v', tls: { ca: 'a CA' } });
  expect(url).toBe(`amqps://127.0.0.1:${via?.port}/v`);
  expect(tls).toEqual({ ca: 'a CA', servername: 'broker.example.com' });
});

it('keeps a name that was given, and asks for none without TLS or of an IP address', async () => {
  const given = await through({ url: 'amqps://10.0.0.5:5671', tls: { servername: 'other.example.com' } });
  expect(given.tls).toEqual({ servername: 'other.example.com' });
  expect((await through({ url: 'amqp://broker.example.com:5672' })).tls).toBeUndefined();
  expect((await through({ url: 'stomp+ssl://127.0.0.1:61614', tls: {} })).tls).toEqual({});
});

it.each([
  ['amqp://host:5672', undefined, true],
  ['amqp://10.0.0.5:5672', undefined, true],
  ['amqps://host:5671', {}, true],
  ['amqps://127.0.0.1:5671', {}, true],
  ['amqps://10.0.0.5:5671', { servername: 'host' }, true],
  // A certificate for that address would not be trusted at the proxy's.
  ['amqps://10.0.0.5:5671', {}, false],
  ['amqps://[fd00::5]:5671', {}, false],
  ['kafka://a:9092,b:9092', undefined, false],
])('%s with TLS %j: %j', (url, tls, can) => {
  expect(canDetour(tls === undefined ? { url } : { url, tls })).toBe(can);
});
