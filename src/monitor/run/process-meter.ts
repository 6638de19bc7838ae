/** What a process and all that came of it use, from /proc (proc(5)): a few small files, read at once. */
import { cpuSeconds, processTree, readProc, residentBytesOf } from '../../metrics/proc.js';
import type { ProcessUse } from '../../results/schema.js';

interface Reading {
  readonly atMs: number;
  /** Seconds of CPU that each process has used. */
  readonly cpu: ReadonlyMap<number, number>;
  readonly rssBytes: number;
  /** Undefined where the system does not let us read it: another user's process. */
  readonly disk: { readonly read: number; readonly written: number } | undefined;
  readonly network: { readonly received: number; readonly sent: number } | undefined;
}

function readTree(roots: readonly number[], atMs: number): Reading | undefined {
  const cpu = new Map<number, number>();
  let rssBytes = 0;
  let disk: { read: number; written: number } | undefined = { read: 0, written: 0 };
  for (const pid of processTree(roots)) {
    const used = cpuSeconds(pid);
    const resident = residentBytesOf(pid);
    // A child may end at any time; a root that is gone is the end of the broker.
    if (used === undefined || resident === undefined) continue;
    cpu.set(pid, used);
    rssBytes += resident;
    const io = readProc(`${pid}/io`);
    if (io === undefined) disk = undefined;
    else if (disk !== undefined) {
      disk.read += Number(/^read_bytes: (\d+)/m.exec(io)?.[1] ?? 0);
      disk.written += Number(/^write_bytes: (\d+)/m.exec(io)?.[1] ?? 0);
    }
  }
  if (cpu.size === 0) return undefined;
  return { atMs, cpu, rssBytes, disk, network: readNetwork(roots[0]) };
}

/** Bytes over all interfaces of the process's network namespace. */
function readNetwork(pid: number | undefined): Reading['network'] {
  const lines = readProc(`${pid}/net/dev`)?.split('\n').slice(2);
  if (lines === undefined) return undefined;
  let received = 0;
  let sent = 0;
  for (const line of lines) {
    const values = line
      .slice(line.indexOf(':') + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    received += values[0] ?? 0;
    sent += values[8] ?? 0;
  }
  return { received, sent };
}

/** Reads a process tree again and again and says what it used in between. */
export class ProcessMeter {
  #last: Reading | undefined;

  /** @param roots empty where the broker is not a process of this machine */
  constructor(
    private readonly roots: readonly number[],
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#last = roots.length === 0 ? undefined : readTree(roots, now());
  }

  /** Use since the last call; undefined where nothing can be read. */
  next(): ProcessUse | undefined {
    if (this.roots.length === 0) return undefined;
    const before = this.#last;
    const reading = (this.#last = readTree(this.roots, this.now()));
    if (reading === undefined || before === undefined) return undefined;
    const seconds = (reading.atMs - before.atMs) / 1000;
    if (seconds <= 0) return undefined;
    // A process that came since has used what it has since then; one that ended takes its last moments along.
    let cpu = 0;
    for (const [pid, used] of reading.cpu) cpu += Math.max(0, used - (before.cpu.get(pid) ?? 0));
    const perSecond = (now: number, then: number) => Math.round(Math.max(0, now - then) / seconds);
    const { disk, network } = reading;
    return {
      cpu: Math.round((cpu / seconds) * 1000) / 1000,
      rssBytes: reading.rssBytes,
      ...(disk === undefined || before.disk === undefined
        ? {}
        : {
            diskReadBytesPerSecond: perSecond(disk.read, before.disk.read),
            diskWrittenBytesPerSecond: perSecond(disk.written, before.disk.written),
          }),
      ...(network === undefined || before.network === undefined
        ? {}
        : {
            networkReceivedBytesPerSecond: perSecond(network.received, before.network.received),
            networkSentBytesPerSecond: perSecond(network.sent, before.network.sent),
          }),
    };
  }
}
