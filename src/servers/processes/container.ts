/** The broker's process in a container of this machine, which somebody else may have started. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { processTree, readProc, residentBytesOf } from '../../metrics/proc.js';

const run = promisify(execFile);

/** How long the engine may take for each of two answers, in milliseconds. */
const answerTimeoutMs = 3_000;

/**
 * The process that has the most memory in the container that publishes a port: images start their broker by scripts.
 * @returns undefined where no engine answers, no container publishes the port, or it runs on another machine
 */
export async function containerProcess(port: number): Promise<number | undefined> {
  const id = await ask('ps', '--quiet', '--no-trunc', '--filter', `publish=${port}`);
  if (id === undefined || !/^[0-9a-f]{64}$/.test(id)) return undefined;
  const root = Number(await ask('inspect', '--format', '{{.State.Pid}}', id));
  if (!(root > 0) || !isIn(readProc(`${root}/cgroup`) ?? '', id)) return undefined;
  const memory = (pid: number): number => residentBytesOf(pid) ?? 0;
  return processTree([root]).toSorted((a, b) => memory(b) - memory(a))[0];
}

/**
 * Whether what /proc/<pid>/cgroup says of a process is that it is in this container: the engine's number may be one of
 * another machine's. Docker and Podman name the group after the container, with cgroups of either version. Pure.
 */
export function isIn(cgroup: string, id: string): boolean {
  return cgroup.includes(id);
}

async function ask(...args: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await run('docker', args, { timeout: answerTimeoutMs, killSignal: 'SIGKILL' });
    return stdout.trim();
  } catch {
    return undefined;
  }
}
