/** What a run's timeline says of the broker's own processes, beside what the system says of them. */
import { readFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, inject, it } from 'vitest';
import { processTree } from '../../src/metrics/proc.js';
import type { ProcessUse } from '../../src/results/schema.js';
import { resolveTarget } from '../../src/scenario/targets.js';
import { adaptersOf } from '../../src/scenario/load.js';
import { buildPlan } from '../../src/scenario/plan.js';
import { withProcesses } from '../../src/servers/processes/find.js';
import { fileSystemOf } from '../../src/servers/supervised/room.js';
import { asEndpoint } from '../fixtures/as-endpoint.js';
import { planOf } from '../fixtures/plan.js';
import { sessionsOf } from '../fixtures/run-session.js';

const shared = inject('servers');
const sessions = sessionsOf('process-use');

const [perSecond, seconds, size] = [80, 4, 30_000];

/** What the processes have used so far, read from /proc apart from the code that is tested. */
function readNow(pids: readonly number[]): { cpuSeconds: number; rssBytes: number; writtenBytes: number } {
  const sum = { cpuSeconds: 0, rssBytes: 0, writtenBytes: 0 };
  for (const pid of processTree(pids)) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    sum.cpuSeconds += (Number(fields[11]) + Number(fields[12])) / 100;
    sum.rssBytes += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
    sum.writtenBytes += Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0);
  }
  return sum;
}

describe.concurrent('the timeline of a run', () => {
  it.for([
    ['rabbitmq', 'beam.smp'],
    ['kafka', 'java'],
    ['activemq', 'java'],
  ] as const)(
    'has the CPU, memory, disk writes and network of the processes of %s',
    async ([id, name], { expect: expects, skip }) => {
      const server = shared[id];
      if ('missing' in server) return skip(server.missing);
      if (server.provider !== 'local') return skip('its processes are not ours to read');
      const { scenario } = planOf({
        targets: [await resolveTarget(id)],
        // RabbitMQ and ActiveMQ need not write what is consumed at once.
        work: 'produce',
        consumers: 1,
        sizes: [size],
        messages: undefined,
        durationSeconds: seconds,
        load: { kind: 'rate', perSecond },
        drainSeconds: 30,
      });
      const plan = buildPlan(scenario, await adaptersOf(scenario), 'endpoint');
      const before = readNow(server.pids);
      // As a person names it: which processes are its own is found by its port.
      const found = await withProcesses(asEndpoint(id, server.endpoint));
      expects(found).toMatchObject({ pids: server.pids, provenance: { process: `${name}, found by its port` } });
      const { result, folder, error } = await sessions.run(plan, found);
      const after = readNow(server.pids);
      expects(error).toBeUndefined();
      const samples = result.runs[0]?.broker?.samples ?? [];
      const told = JSON.stringify(samples);
      expects(samples.filter(({ phase }) => phase === 'measure').length, told).toBeGreaterThanOrEqual(2);
      for (const { process } of samples) {
        expects(process?.rssBytes, told).toBeGreaterThan(before.rssBytes / 2);
        expects(process?.rssBytes, told).toBeLessThan(Math.max(before.rssBytes, after.rssBytes) * 2);
        expects(process?.cpu, told).toBeLessThan(availableParallelism() * 1.5);
      }
      // What was used while the broker took in so much, however fast this machine lets it.
      const counted = samples.filter((sample) => sample.in !== undefined);
      const [first, last] = [counted[0]!, counted.at(-1)!];
      const payload = (last.in! - first.in!) * size;
      expects(payload, told).toBeGreaterThan(perSecond * size);
      const sum = (of: (use: ProcessUse) => number | undefined): number =>
        samples
          .slice(1)
          .reduce((so, { process, t }, at) => so + (t > last.t ? 0 : of(process!)! * (t - samples[at]!.t)), 0);
      const cpu = sum((use) => use.cpu);
      expects(cpu, told).toBeGreaterThan(0);
      expects(cpu, told).toBeLessThan((after.cpuSeconds - before.cpuSeconds) * 1.1 + 0.1);
      // Messages come over loopback's network, where all that is received was sent.
      for (const name of ['networkReceivedBytesPerSecond', 'networkSentBytesPerSecond'] as const)
        expects(
          sum((use) => use[name]),
          `${name}: ${told}`,
        ).toBeGreaterThan(payload * 0.9);
      if (!(await fileSystemOf(tmpdir()))?.startsWith('tmpfs')) {
        const written = sum((use) => use.diskWrittenBytesPerSecond);
        expects(written, told).toBeGreaterThan(payload / 2);
        expects(written, told).toBeLessThan((after.writtenBytes - before.writtenBytes) * 1.1);
      }

      const [header = '', ...rows] = readFileSync(join(folder, 'samples.csv'), 'utf8').trimEnd().split('\n');
      const ofBroker = rows.map((row) => row.split(',')).filter((cells) => cells.includes('broker'));
      expects(ofBroker).toHaveLength(samples.length);
      for (const [column, of] of [
        ['process_cpu', 'cpu'],
        ['process_rss_bytes', 'rssBytes'],
        ['disk_written_bytes_per_s', 'diskWrittenBytesPerSecond'],
        ['network_received_bytes_per_s', 'networkReceivedBytesPerSecond'],
        ['network_sent_bytes_per_s', 'networkSentBytesPerSecond'],
      ] as const)
        expects(ofBroker.map((cells) => Number(cells[header.split(',').indexOf(column)]))).toEqual(
          samples.map(({ process }) => process?.[of]),
        );
    },
  );
});
