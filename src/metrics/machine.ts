/** Load of the machine and of the broker's processes, from /proc where there is one. */
import os from 'node:os';
import type { Clock } from '../run/clock.js';
import { Gauge, type GaugeRecord } from './gauge.js';
import { cpuSeconds, readProc, residentBytesOf } from './proc.js';

interface Reading {
  readonly at: number;
  /** Jiffies of all cores together, in the unit that /proc/stat has. */
  readonly total: number;
  readonly busy: number;
  readonly steal: number;
  /** Seconds of CPU that the broker's processes have used; undefined when one cannot be read. */
  readonly broker: number | undefined;
  /** Of which processes: another one after the broker was started again. */
  readonly brokerPids: string;
}

/** What the machine did between two points in time. Shares are 0 to 1. */
export interface MachineLoad {
  readonly cpu: number;
  readonly steal: number;
  /** Cores that the broker used, 1 = a whole core. */
  readonly brokerCpu?: number;
}

/** Over all processes; undefined when there are none or one cannot be read. */
function sumOf(pids: readonly number[], of: (pid: number) => number | undefined): number | undefined {
  if (pids.length === 0) return undefined;
  let sum = 0;
  for (const pid of pids) {
    const value = of(pid);
    if (value === undefined) return undefined;
    sum += value;
  }
  return sum;
}

/** Resident memory of processes in bytes; undefined when one cannot be read. */
export function residentBytes(pids: readonly number[]): number | undefined {
  return sumOf(pids, residentBytesOf);
}

function readMachine(): { total: number; busy: number; steal: number } {
  const stat = readProc('stat');
  if (stat === undefined) {
    const times = os.cpus().map((cpu) => cpu.times);
    const total = times.reduce((sum, t) => sum + t.user + t.nice + t.sys + t.idle + t.irq, 0);
    return { total, busy: total - times.reduce((sum, t) => sum + t.idle, 0), steal: 0 };
  }
  // proc(5): user nice system idle iowait irq softirq steal (guest is contained in user)
  const line = stat.split('\n', 1)[0] ?? '';
  const values = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, iowait = 0, , , steal = 0] = values;
  const total = values.reduce((a, b) => a + b, 0);
  return { total, busy: total - idle - iowait, steal };
}

const periodMs = 100;
/** Memory changes slowly. */
const readingsPerMemoryReading = 10;

/** Reads ten times a second while a run goes on, and answers for any part of it. */
export class MachineMeter {
  private readonly readings: Reading[] = [];
  private readonly memory = new Gauge();
  private count = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly clock: Clock,
    private readonly brokerPids: readonly number[],
  ) {
    this.timer = setInterval(() => this.read(), periodMs);
    this.timer.unref();
    this.read();
  }

  private read(): void {
    this.readings.push({
      at: this.clock.now(),
      ...readMachine(),
      broker: sumOf(this.brokerPids, cpuSeconds),
      brokerPids: this.brokerPids.join(),
    });
    if (this.count++ % readingsPerMemoryReading === 0) {
      const bytes = residentBytes(this.brokerPids);
      if (bytes !== undefined) this.memory.add(this.clock.now(), bytes);
    }
    // Ten readings a second for a soak run of days would grow without bound: thin out the older half.
    if (this.readings.length > 20_000) {
      const half = this.readings.length / 2;
      this.readings.splice(0, half, ...this.readings.slice(0, half).filter((_, i) => i % 2 === 0));
    }
  }

  stop(): void {
    clearInterval(this.timer);
    this.read();
  }

  /** Resident memory of the broker's processes in bytes; empty where they cannot be read. */
  brokerMemory(): GaugeRecord {
    return this.memory.record();
  }

  /** Load between two times of the session's clock; undefined when the part is too short to tell. */
  between(from: number, to: number): MachineLoad | undefined {
    const begin = this.readings.findLast((r) => r.at <= from) ?? this.readings[0];
    const end = this.readings.find((r) => r.at >= to) ?? this.readings.at(-1);
    if (!begin || !end || end.total <= begin.total) return undefined;
    const total = end.total - begin.total;
    const seconds = (end.at - begin.at) / 1e9;
    const broker =
      begin.broker === undefined || end.broker === undefined || begin.brokerPids !== end.brokerPids
        ? undefined
        : (end.broker - begin.broker) / seconds;
    return {
      cpu: (end.busy - begin.busy) / total,
      steal: (end.steal - begin.steal) / total,
      ...(broker === undefined ? {} : { brokerCpu: broker }),
    };
  }
}
