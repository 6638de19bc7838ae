import { afterEach, describe, expect, it } from 'vitest';
import { readUrls } from '../../src/commands/run-flags.js';
import { findTargets } from '../../src/monitor/targets.js';
import type { Watched } from '../../src/monitor/watch.js';

describe('the brokers to watch', () => {
  let watched: Watched[] = [];
  afterEach(async () => {
    await Promise.all(watched.map(({ source }) => source.close()));
  });
  const find = async (
    names: readonly string[],
    env: NodeJS.ProcessEnv,
    addressed: readonly string[] = [],
  ): Promise<string[][]> => {
    watched = await findTargets({ names, addressed, server: 'endpoint', env });
    return watched.map(({ target, address }) => [target, address]);
  };

  it('are those that the environment names, whatever they are called', async () => {
    const env = {
      MQBENCH_ORDERS_URL: 'amqp://a:5672',
      MQBENCH_KAFKA_FLUSH_1_URL: 'kafka://b:9092',
      MQBENCH_MAVEN_URL: 'https://c/maven2',
    };
    expect(await find([], env)).toEqual([
      ['kafka-flush-1', 'b:9092'],
      ['orders', 'a:5672'],
    ]);
    expect(await find(['orders'], env)).toEqual([['orders', 'a:5672']]);
  });

  it('are those that --url names, with no other name given', async () => {
    const urls = readUrls(['rabbitmq=amqp://a:5672', 'bills=kafka://b:9092'], undefined, 'auto');
    const env = { MQBENCH_RABBITMQ_URL: urls.get('rabbitmq'), MQBENCH_BILLS_URL: urls.get('bills') };
    expect(await find([], env, [...urls.keys()])).toEqual([
      ['rabbitmq', 'a:5672'],
      ['bills', 'b:9092'],
    ]);
    // A mistake in an address that was given is told.
    await expect(find([], { MQBENCH_BILLS_URL: 'http://b' }, ['bills'])).rejects.toThrow(/Nothing says where/);
    expect(() => readUrls(['bills=kafka://b:9092'], { targets: [{ name: 'kafka' }] }, 'auto')).toThrow(/No target/);
  });
});
