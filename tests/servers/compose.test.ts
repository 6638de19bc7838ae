import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { missingEngine } from '../../src/servers/compose/engine.js';
import { composeFile, imageOf, versionOf } from '../../src/servers/compose/file.js';
import { composeKind, type ComposeServerId } from '../../src/servers/compose/index.js';
import { acquireServers } from '../../src/servers/index.js';
import type { Room } from '../../src/servers/supervised/launch.js';
import { contextWith } from './helpers.js';

interface Service {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}
const text = readFileSync(composeFile, 'utf8');
const { services } = parse(text) as { services: Readonly<Record<string, Service>> };
const ids = ['rabbitmq', 'kafka', 'activemq'] as const satisfies readonly ComposeServerId[];
const run = promisify(execFile);

describe('docker-compose.yml', () => {
  test('has a service that waits until all three are healthy', () => {
    const healthy = { condition: 'service_healthy' };
    expect(services.brokers?.depends_on).toEqual({ rabbitmq: healthy, kafka: healthy, activemq: healthy });
  });

  test.each(ids)('%s: pinned version, loopback ports, read-only configuration that exists', (id) => {
    const service = services[id];
    expect(service?.image).toMatch(/:\d+\.\d+\.\d+/);
    expect(versionOf(imageOf(id))).toMatch(/^\d+\.\d+\.\d+$/);
    for (const port of service?.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(service?.ports).not.toHaveLength(0);
    const mounts = (service?.volumes ?? []).filter((volume) => volume.startsWith('.'));
    expect(mounts).not.toHaveLength(0);
    for (const mount of mounts) {
      expect(mount).toMatch(/:ro$/);
      const [source = ''] = mount.split(':');
      expect(existsSync(fileURLToPath(new URL(`../../${source}`, import.meta.url)))).toBe(true);
    }
  });

  test('gives Artemis, which is not root in its image, no volume that would be', () => {
    // A volume on a path that the image does not have is root's.
    const own = services['activemq-artemis']?.volumes?.filter((volume) => !volume.startsWith('.'));
    expect(own).toEqual([]);
  });

  test.for(ids)(
    '%s: the health check is a protocol exchange that a real broker answers and a closed port does not',
    async (id, { skip }) => {
      const broker = inject('servers')[id];
      if ('missing' in broker) {
        skip(broker.missing);
        return;
      }
      const [kind, shell = '', ...args] = services[id]?.healthcheck?.test ?? [];
      expect([kind, shell]).toEqual(['CMD', 'bash']);
      const { port } = new URL(broker.endpoint.url);
      const check = (to: string) =>
        run(
          shell,
          args.map((arg) => arg.replaceAll('$$', '$').replace(/127\.0\.0\.1\/(\d+|\$\{.*?\})/, `127.0.0.1/${to}`)),
          {
            env: {
              ...process.env,
              MQBENCH_ACTIVEMQ_USER: broker.endpoint.username,
              MQBENCH_ACTIVEMQ_PASSWORD: broker.endpoint.password,
            },
          },
        );
      await check(port);
      await expect(check('1')).rejects.toThrow();
    },
  );

  test.each(ids)('%s: every variable that mqbench sets is one that the file reads', async (id) => {
    const room: Room = { folder: '/x', ports: [4001, 4002], username: 'me', password: 'secret' };
    const launch = (await softwareWithoutDocker(id)).launch(room);
    const set = Object.keys(launch.server.env).filter((name) => name.startsWith('MQBENCH_'));
    for (const name of set.filter((name) => !(name in process.env))) expect(text).toContain(`\${${name}:-`);
    expect(launch.server.args).not.toContain('secret');
  });
});

async function softwareWithoutDocker(id: ComposeServerId) {
  const path = process.env.PATH;
  // A docker that says yes to everything: what is asked here is only what would be run.
  process.env.PATH = `${fileURLToPath(new URL('../fixtures/yes', import.meta.url))}:${path}`;
  try {
    return await composeKind(id).obtain(contextWith());
  } finally {
    process.env.PATH = path;
  }
}

test('without an engine, --server compose is an error that says what is missing', async () => {
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  try {
    expect(await missingEngine()).toMatch(/no Docker engine/);
    const target = { name: 'kafka', adapter: 'kafka', server: 'kafka', url: undefined, options: {} } as const;
    const { missing } = await acquireServers([target], 'compose', { ...contextWith(), env: {} });
    expect(missing[0]?.reason).toMatch(/no Docker to run Apache Kafka/);
    expect(missing[0]?.error.details.hint).toMatch(/--server local/);
  } finally {
    process.env.PATH = path;
  }
});
