/** Kafka and the rights of a user: DESCRIBE is enough for every figure. */
import { randomBytes } from 'node:crypto';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Endpoint } from '../../src/brokers/adapter.js';
import { loadAdapter } from '../../src/brokers/registry.js';
import { Bench, eventually, Inbox } from '../../src/contract/bench.js';
import { KafkaSource } from '../../src/monitor/kafka/index.js';
import type { DestinationReading, Reading } from '../../src/monitor/sample.js';
import type { SupervisedServer } from '../../src/servers/supervised/start.js';
import { edited, startChanged } from '../fixtures/changed-server.js';
import { asKafkaAdmin } from '../fixtures/kafka-admin.js';

const shared = inject('servers').kafka;
const isLong = process.env['MQBENCH_TEST_LONG'] === '1';

// A broker of its own: the shared one lets everybody who logs in do everything.
describe.skipIf(!isLong || 'missing' in shared || shared.provider !== 'local')('a user of Kafka', () => {
  let server: SupervisedServer | undefined;
  const secret = randomBytes(12).toString('hex');
  beforeAll(async () => {
    server = await startChanged('kafka', (launch, room) => {
      const file = 'conf/server.properties';
      const own = `user_${room.username}="${room.password}"`;
      const files = edited(launch, file, own, `${own} user_reader="${secret}"`);
      const authorizer = [
        'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        // The controller's listener knows no users.
        `super.users=User:${room.username};User:ANONYMOUS`,
      ];
      return { files: edited({ ...launch, files }, file, /$/, `\n${authorizer.join('\n')}\n`) };
    });
  });
  afterAll(() => server?.stop());

  async function allowToDescribe(endpoint: Endpoint): Promise<void> {
    const { CLUSTER, TOPIC, GROUP } = AclResourceTypes;
    const acls = {
      acl: [CLUSTER, TOPIC, GROUP].map((resourceType) => ({
        resourceType,
        resourceName: resourceType === CLUSTER ? 'kafka-cluster' : '*',
        resourcePatternType: ResourcePatternTypes.LITERAL,
        principal: 'User:reader',
        host: '*',
        operation: AclOperationTypes.DESCRIBE,
        permissionType: AclPermissionTypes.ALLOW,
      })),
    };
    await asKafkaAdmin(endpoint, (admin) => admin.createAcls(acls));
  }

  it('who may describe sees every figure, and what it may not do is refused', async () => {
    const { endpoint } = server!;
    const reader = { ...endpoint, username: 'reader', password: secret };
    const bench = new Bench(await loadAdapter('kafka'), endpoint);
    const source = new KafkaSource(reader);
    try {
      const spec = await bench.destination(1);
      await (await bench.producer(spec)).sendAll(10);
      const inbox = new Inbox(false);
      await bench.consumers(spec, inbox);
      await inbox.has(10);
      for (const delivery of inbox.all.slice(0, 4)) delivery.acknowledge();
      let last: Reading | undefined;
      const shows = (what: string, check: (seen: DestinationReading | undefined) => boolean): Promise<void> =>
        eventually(what, async () => {
          last = await source.read({ containing: spec.name });
          return check(last.destinations[0]);
        }).catch((error: unknown) => {
          throw new Error(`${String(error)}; last ${JSON.stringify(last)}`);
        });
      // Without any right it is told of no topic.
      await shows('nothing', (seen) => seen === undefined);
      await allowToDescribe(endpoint);
      await shows('everything', (seen) => seen?.groups?.[0]?.counters.acknowledged === 4);
      expect(last).toMatchObject({ notes: [], nodes: [{ running: true }] });
      expect(last?.destinations).toEqual([
        {
          name: spec.name,
          kind: 'topic',
          partitions: 1,
          counters: { in: 10 },
          groups: [{ name: spec.name, state: 'Stable', members: 1, lag: 6, counters: { acknowledged: 4 } }],
        },
      ]);
      expect((await source.read({ exactly: [spec] })).destinations).toEqual(last?.destinations);
      // It really has no other right.
      const other = new Bench(await loadAdapter('kafka'), reader);
      await expect(other.producer(spec).then((outbox) => outbox.sendAll(1).then(() => outbox.errors))).resolves.toEqual(
        [expect.objectContaining({ message: expect.stringMatching(/authori[sz]ed|refused|right/i) as string })],
      );
      await other.leave();
    } finally {
      await source.close();
      await bench.cleanUp();
    }
  });
});
