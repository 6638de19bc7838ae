/** CPU, event loop and memory of one worker over the part of the run in which it had messages. */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../run/clock.js';
import { Gauge, type GaugeRecord } from './gauge.js';

export interface LoadRecord {
  readonly pid: number;
  /** Share of one core, 1 = a whole core. */
  readonly cpu: number;
  /** Event-loop utilisation, 0 to 1 (Node's performance.eventLoopUtilization). */
  readonly loop: number;
  readonly rssBytes: number;
  /** Resident memory in bytes, once a second or less often. */
  readonly memory: GaugeRecord;
}

/** Of a process of which nobody knows. */
export const unknownLoad: LoadRecord = { pid: 0, cpu: 0, loop: 0, rssBytes: 0, memory: { at: [], values: [] } };

interface Reading {
  readonly at: number;
  readonly cpuMicros: number;
  readonly loop: ReturnType<typeof performance.eventLoopUtilization>;
}

function read(): Reading {
  const cpu = process.cpuUsage();
  return { at: performance.now(), cpuMicros: cpu.user + cpu.system, loop: performance.eventLoopUtilization() };
}

const periodMs = 100;
/** Memory changes slowly, and reading it costs a system call. */
const ticksPerMemoryReading = 10;

/**
 * Reads the process's load ten times a second and keeps the last reading at which messages had moved since the
 * one before: a worker that waits for others at the end of a run does not look idler than it was.
 */
export class LoadMeter {
  private begin = read();
  private end = this.begin;
  private lastCount = 0;
  private ticks = 0;
  private readonly memory = new Gauge();
  private readonly timer: NodeJS.Timeout;

  /** @param messages running count of what this worker has handled */
  constructor(
    private readonly messages: () => number,
    private readonly clock: Clock,
  ) {
    this.timer = setInterval(() => this.tick(), periodMs);
    this.timer.unref();
  }

  private tick(): void {
    const count = this.messages();
    // Whoever starts in the middle of a run has no load before its first message.
    if (this.lastCount === 0 && count > 0) this.begin = this.end = read();
    if (count !== this.lastCount) this.end = read();
    this.lastCount = count;
    if (this.ticks++ % ticksPerMemoryReading === 0) this.memory.add(this.clock.now(), process.memoryUsage.rss());
  }

  /** The measured part begins now. */
  start(): void {
    this.lastCount = this.messages();
    this.begin = this.end = read();
  }

  record(): LoadRecord {
    // A part shorter than one period has no reading of its own.
    const end = this.end.at - this.begin.at >= periodMs / 2 ? this.end : read();
    const micros = (end.at - this.begin.at) * 1000;
    const loop = performance.eventLoopUtilization(end.loop, this.begin.loop);
    return {
      pid: process.pid,
      cpu: micros > 0 ? (end.cpuMicros - this.begin.cpuMicros) / micros : 0,
      loop: loop.utilization,
      rssBytes: process.memoryUsage.rss(),
      memory: this.memory.record(),
    };
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
