/** Telling processes apart for certain, and ending whole trees of them. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Environment variable that marks every process of one server, however it was started or adopted by init. */
export const markerVariable = 'MQBENCH_SERVER';

/**
 * What makes a process this one and no other that later gets the same id: on Linux the boot and the start time in
 * clock ticks since then (field 22 of /proc/PID/stat, see proc(5)), elsewhere the start time as `ps` tells it.
 * @returns undefined when there is no such process, or only its zombie
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return identityFromPs(pid);
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The second field, the name in parentheses, may itself contain blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTime] = [fields[0], fields[19]];
    return state === 'Z' || startTime === undefined ? undefined : `${boot.trim()}/${startTime}`;
  } catch {
    return undefined;
  }
}

async function identityFromPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], { timeout: 3000 });
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Sends a signal; false when there is nothing to send it to. A negative id means a process group. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** Waits until the condition holds, asking every 50 ms; false when it did not within the time. */
export async function waitUntil(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await sleep(50);
  }
  return true;
}

/**
 * The processes of this user that carry the marker in their environment: what a server started, and what that
 * started, even in sessions of their own. Empty where there is no /proc.
 */
export async function markedProcesses(marker: string): Promise<number[]> {
  const wanted = `${markerVariable}=${marker}`;
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    ids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return environment.split('\0').includes(wanted) && (await processIdentity(pid)) !== undefined;
    }),
  );
  return ids.filter((_, at) => found[at]);
}

/** SIGKILL for everything that carries the marker, until nothing does; bounded to some 3 s. */
export async function killMarked(marker: string): Promise<void> {
  await waitUntil(async () => {
    const left = (await markedProcesses(marker)).filter((pid) => pid !== process.pid);
    for (const pid of left) signal(pid, 'SIGKILL');
    return left.length === 0;
  }, 3000);
}
