/** Whether this machine is fit for measuring, and has room for three brokers. */
import { readFileSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import os from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MachineMeter } from '../metrics/machine.js';
import { plural } from '../plural.js';
import { readEnvironment } from '../results/environment.js';
import { createClock, newOrigin } from '../run/clock.js';
import { cachePath } from '../servers/local/store/index.js';
import type { Check } from './check.js';

/** Below four cores three brokers and five clients share cores, and most figures come out machine-bound. */
const coresWanted = 4;
/** Kafka and ActiveMQ may take 1 GiB of heap each; RabbitMQ and the clients need the rest. */
const memoryWanted = 3 * 2 ** 30;
/** Downloads, unpacked brokers, and their stores during a run. */
const diskWanted = 3 * 2 ** 30;
/** Shares of the machine that others may take before figures suffer. */
const busyAllowed = 0.1;
const stealAllowed = 0.01;
/** How long the machine is watched, in milliseconds. */
const watchMs = 1_000;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Cores, memory, disk, clock, governor, load and steal. Takes a second. */
export async function checkMachine(): Promise<Check[]> {
  const clock = createClock(newOrigin());
  const meter = new MachineMeter(clock, []);
  const begin = clock.now();
  const [environment] = await Promise.all([readEnvironment(), sleep(watchMs)]);
  meter.stop();
  const load = meter.between(begin, clock.now());
  const cores = environment.coreQuota ?? environment.cores;
  // What a container's limit leaves, where there is one.
  const memory = process.availableMemory();
  return [
    judge(
      'cores',
      plural(cores, 'core'),
      cores >= coresWanted,
      'broker and clients share them: expect "machine-bound", and compare only figures of this machine',
    ),
    judge(
      'memory',
      `${gigabytes(memory)} free`,
      memory >= memoryWanted,
      'end what else runs, or measure one broker at a time with --target',
    ),
    await disk('cache', cachePath()),
    await disk('temporary files', os.tmpdir()),
    clockCheck(),
    judge(
      'governor',
      environment.governor ?? 'not told',
      !/powersave|ondemand|conservative/.test(environment.governor ?? ''),
      'set it to performance: cpupower frequency-set -g performance',
    ),
    judge(
      'load',
      load === undefined ? 'not told' : `${(load.cpu * 100).toFixed(0)} % busy without mqbench`,
      (load?.cpu ?? 0) <= busyAllowed,
      'end what else runs before measuring',
    ),
    judge(
      'steal',
      load === undefined ? 'not told' : `${(load.steal * 100).toFixed(1)} % taken by the hypervisor`,
      (load?.steal ?? 0) <= stealAllowed,
      'neighbours on the host take time: use a machine of its own, or more repetitions',
    ),
  ];
}

function judge(name: string, found: string, good: boolean, advice: string): Check {
  return good ? { name, status: 'ok', found } : { name, status: 'warning', found, advice };
}

async function disk(name: string, folder: string): Promise<Check> {
  const there = await nearestFolder(folder);
  const { bavail, bsize } = await statfs(there);
  return judge(
    `disk for ${name}`,
    `${gigabytes(bavail * bsize)} free`,
    bavail * bsize >= diskWanted,
    name === 'cache'
      ? 'make room, or put the cache elsewhere with MQBENCH_CACHE'
      : 'make room, or name another folder with TMPDIR',
  );
}

/** The folder, or the nearest above it that is there. */
async function nearestFolder(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  return found?.isDirectory() === true || folder === dirname(folder) ? folder : nearestFolder(dirname(folder));
}

/** Reading the time must be cheap: some clock sources cost a microsecond and more each time. */
function clockCheck(): Check {
  let source: string;
  try {
    source = readFileSync('/sys/devices/system/clocksource/clocksource0/current_clocksource', 'utf8').trim();
  } catch {
    return { name: 'clock', status: 'ok', found: 'the kernel does not tell its source' };
  }
  return judge(
    'clock',
    source,
    !/hpet|acpi_pm|jiffies/.test(source),
    'this source is slow to read; boot with clocksource=tsc where the CPU has a stable one',
  );
}
