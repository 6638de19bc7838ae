/** What Linux tells of a process (proc(5)); undefined where it cannot be read. */
import { readFileSync } from 'node:fs';

/** /proc counts in USER_HZ, which is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

export function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** Seconds of CPU that the process has used, user and system. */
export function cpuSeconds(pid: number): number | undefined {
  const stat = readProc(`${pid}/stat`);
  if (stat === undefined) return undefined;
  // utime and stime are fields 14 and 15; the name in field 2 may contain blanks and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory of the process in bytes. */
export function residentBytesOf(pid: number): number | undefined {
  const status = readProc(`${pid}/status`);
  return status === undefined ? undefined : Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

/** Its name, cut off after 15 characters. */
export function nameOf(pid: number): string | undefined {
  return readProc(`${pid}/comm`)?.trim();
}

/** The process that it came of. */
export function parentOf(pid: number): number | undefined {
  const status = readProc(`${pid}/status`);
  return status === undefined ? undefined : Number(/PPid:\s+(\d+)/.exec(status)?.[1]);
}

/** Processes and their descendants, the roots first. */
export function processTree(roots: readonly number[]): number[] {
  const all = [...roots];
  // Grows while it is walked.
  for (const pid of all) {
    const children = readProc(`${pid}/task/${pid}/children`)?.trim() ?? '';
    all.push(...children.split(' ').filter(Boolean).map(Number));
  }
  return all;
}
