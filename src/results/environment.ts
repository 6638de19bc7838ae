/** What machine a result comes from, so that nobody compares apples with pears unknowingly. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import type { Environment } from './schema.js';

async function read(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return undefined;
  }
}

/** Cores that the control group leaves this process (cgroup v2 cpu.max, v1 cfs quota); undefined without a limit. */
async function coreQuota(): Promise<number | undefined> {
  const v2 = await read('/sys/fs/cgroup/cpu.max');
  if (v2 !== undefined) {
    const [quota, period] = v2.split(' ');
    return quota === 'max' ? undefined : Number(quota) / Number(period);
  }
  const quota = Number(await read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us'));
  const period = Number(await read('/sys/fs/cgroup/cpu/cpu.cfs_period_us'));
  return quota > 0 && period > 0 ? quota / period : undefined;
}

/** Reads the machine's facts; what cannot be read is left out, never guessed. */
export async function readEnvironment(): Promise<Environment> {
  const { default: si } = await import('systeminformation');
  const [system, osInfo, governor, quota] = await Promise.all([
    si.system().catch(() => undefined),
    si.osInfo().catch(() => undefined),
    read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    coreQuota(),
  ]);
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown';
  const virtualisation = system?.virtual === true ? system.virtualHost || 'a virtual machine' : undefined;
  const same = {
    cpuModel: cpu,
    cores: os.availableParallelism(),
    ...(quota === undefined ? {} : { coreQuota: quota }),
    memoryBytes: os.totalmem(),
    kernel: os.release(),
    os: osInfo === undefined ? os.platform() : `${osInfo.distro} ${osInfo.release}`.trim(),
    architecture: os.arch(),
    ...(virtualisation === undefined ? {} : { virtualisation }),
    ...(governor === undefined ? {} : { governor }),
    node: process.versions.node,
  };
  return {
    ...same,
    loadAverageAtStart: os.loadavg()[0] ?? 0,
    // A patch of the kernel or a rounding of the memory does not make another machine.
    fingerprint: createHash('sha256')
      .update(
        JSON.stringify([
          same.cpuModel,
          same.cores,
          quota ?? null,
          Math.round(same.memoryBytes / 2 ** 30),
          same.architecture,
          virtualisation ?? null,
          process.versions.node.split('.')[0],
        ]),
      )
      .digest('hex'),
  };
}
