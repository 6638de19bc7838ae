import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { hostsOf } from '../../../src/brokers/kafka/client.js';
import { kafka } from '../../../src/brokers/kafka/index.js';
import { BrokerError, UsageError } from '../../../src/errors.js';

const servers: net.Server[] = [];
const ends: net.Socket[] = [];
afterEach(() => {
  for (const socket of ends.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function peer(answer: (socket: net.Socket) => void): Promise<string> {
  const server = net.createServer((socket) => {
    ends.push(socket);
    socket.on('error', () => undefined);
    answer(socket);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closedPort(): Promise<string> {
  const address = await peer(() => undefined);
  const server = servers.pop()!;
  server.close();
  await once(server, 'close');
  return address;
}

async function failure(hosts: string, timeoutMs = 10_000): Promise<BrokerError> {
  const endpoint = { url: `kafka://${hosts}`, username: 'someone', password: 'a-secret-word' };
  const error = await kafka
    .connect(endpoint, kafka.options.parse({}), {
      clientName: 'mqbench-test',
      timeoutMs,
      events: {
        onLost: () => expect.fail('lost before it was there'),
        onRetry: () => expect.fail('retried'),
        onBlocked: () => undefined,
      },
    })
    .then(
      () => expect.fail('connected to what is not Kafka'),
      (reason: unknown) => reason,
    );
  expect(error).toBeInstanceOf(BrokerError);
  const brokerError = error as BrokerError;
  expect(JSON.stringify([brokerError.message, brokerError.details])).not.toContain('a-secret-word');
  return brokerError;
}

describe('connecting to what is not a working Kafka', () => {
  it('says that nothing listens', async () => {
    const address = await closedPort();
    expect(await failure(address)).toMatchObject({ kind: 'absent', details: { where: address } });
  });

  it('gives up on a peer that says nothing', async () => {
    expect((await failure(await peer(() => undefined), 500)).kind).toBe('timeout');
  });

  it('knows an answer that is not Kafka’s', async () => {
    const address = await peer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await failure(address)).kind).toBe('protocol');
  });

  it('knows a peer that hangs up', async () => {
    expect((await failure(await peer((socket) => socket.end()))).kind).toBe('protocol');
  });

  it('tries each host, within the one bound', async () => {
    let tried = 0;
    const silent = await peer(() => (tried += 1));
    expect((await failure(`${await closedPort()},${silent}`, 500)).kind).toBe('timeout');
    expect(tried).toBeGreaterThan(0);
    expect((await failure(`${silent},${await closedPort()}`, 1_000)).kind).toBe('absent');
  });
});

describe('addresses', () => {
  it('have the usual port where none is given', () => {
    expect(hostsOf('kafka://a,b:9094/')).toEqual(['a:9092', 'b:9094']);
  });

  it.each(['kafka://', 'amqp://a:9092', 'kafka://a:x', 'kafka://[::1]:9092', 'kafka://me:a-secret-word@a:9092'])(
    'of another form are refused without being quoted: %s',
    (url) => {
      expect(() => hostsOf(url)).toThrow(BrokerError);
      try {
        hostsOf(url);
      } catch (error) {
        expect((error as Error).message).not.toContain('a-secret-word');
      }
    },
  );
});

describe('what a guarantee sets', () => {
  const describeWith = (guarantee: 'at-most-once' | 'at-least-once' | 'replicated', options: object = {}) =>
    kafka.describeGuarantee(guarantee, kafka.options.parse(options)).settings;

  it('follows the level', () => {
    expect(describeWith('at-most-once')).toMatchObject({ acks: '0', 'replication.factor': '1' });
    expect(describeWith('at-least-once')).toMatchObject({ acks: 'all', 'min.insync.replicas': '1', retries: '0' });
    expect(describeWith('replicated')).toMatchObject({ 'replication.factor': '3', 'min.insync.replicas': '2' });
  });

  it('follows the options', () => {
    expect(describeWith('at-least-once', { idempotent: true })).toMatchObject({
      'enable.idempotence': 'true',
      'requests in flight': '1',
    });
    expect(describeWith('at-least-once', { flushMessages: 1 })['flush.messages']).toBe('1');
    expect(describeWith('at-least-once')['flush.messages']).toBe('the broker decides');
  });

  it('says so where the leader alone confirms', () => {
    const options = kafka.options.parse({ acks: '1' });
    expect(kafka.describeGuarantee('at-least-once', options)).toMatchObject({
      confirmMeans: expect.stringContaining('acks=1') as string,
      settings: { acks: '1' },
    });
    expect(describeWith('at-most-once', { acks: '1' })).toMatchObject({ acks: '0' });
    expect(() => describeWith('replicated', { acks: '1' })).toThrow(UsageError);
  });

  it('has no idempotence without confirms of all replicas', () => {
    expect(() => describeWith('at-most-once', { idempotent: true })).toThrow(UsageError);
    expect(() => describeWith('at-least-once', { idempotent: true, acks: '1' })).toThrow(UsageError);
  });
});
