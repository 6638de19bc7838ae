/** That the contract suite finds an adapter which settles messages before its broker has them. */
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Adapter, Connection, Producer, ProducerSpec } from '../../src/brokers/adapter.js';
import { loadAdapter } from '../../src/brokers/registry.js';
import { Bench } from '../../src/contract/bench.js';
import { confirmedIsDelivered, frozenBrokerConfirmsNothing } from '../../src/contract/early-confirms.js';

const server = inject('servers').memory;

/** The adapter of the embedded broker, but for its producer's confirms: they come at once. */
async function hasty(): Promise<Adapter> {
  const memory = await loadAdapter('memory');
  const createProducer = async (connection: Connection, spec: ProducerSpec): Promise<Producer> => {
    const real = await connection.createProducer({ ...spec, onSettled: () => undefined });
    return override(real, {
      send(body: Buffer, token: number) {
        spec.onSettled(token);
        real.send(body, token);
      },
    });
  };
  return override(memory, {
    connect: async (...args: Parameters<Adapter['connect']>) => {
      const connection = await memory.connect(...args);
      return override(connection, { createProducer: (spec: ProducerSpec) => createProducer(connection, spec) });
    },
  });
}

/** The object with some methods replaced; the others keep their `this`. */
function override<T extends object>(object: T, methods: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      if (name in methods) return (methods as Record<PropertyKey, unknown>)[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

describe.skipIf('missing' in server)('an adapter that confirms too early', () => {
  let bench: Bench;
  beforeEach(async () => {
    if ('missing' in server) throw new Error(server.missing);
    bench = new Bench(await hasty(), server.endpoint);
  });
  afterEach(() => bench.cleanUp());

  test('is found by a frozen broker', async () => {
    await expect(frozenBrokerConfirmsNothing(bench)).rejects.toThrow(/settled while the broker is frozen/);
  });

  test('is found by what it lost', async () => {
    await expect(confirmedIsDelivered(bench, 'destroy', 2_000)).rejects.toThrow(/confirmed, and not delivered/);
  });
});
