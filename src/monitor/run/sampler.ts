/**
 * Looks at the broker once a second while a run goes on. From the orchestrator, which has nothing else to do then: no
 * worker is asked more than one small question a second, and a slow broker is not asked again before it has answered;
 * what processes use is read each second all the same.
 */
import type { ClientMetrics, DestinationSpec } from '../../brokers/adapter.js';
import { BrokerError, messageOf } from '../../errors.js';
import { courseEnd, measuredSpan, phaseAt, type RunTimes } from '../../metrics/figures.js';
import type { BrokerSampleRecord, BrokerTimeline, ClientUse, ProcessUse } from '../../results/schema.js';
import { redact } from '../../results/redact.js';
import type { Clock, Nanoseconds } from '../../run/clock.js';
import type { LiveSample } from '../../run/live.js';
import type { WorkerLook } from '../../run/protocol.js';
import type { Work } from '../../scenario/types.js';
import { RateKeeper } from '../rates.js';
import type { BrokerSample, Source } from '../sample.js';
import { addMetrics, clientUse as useBetween } from './client-use.js';
import { liveSample } from './live-sample.js';
import { ProcessMeter } from './process-meter.js';
import { totalOf } from './total.js';
import { joinUsage, type Usage } from './usage.js';
import { WorkerCpu } from './worker-cpu.js';

/** Undefined where the client library counts nothing. */
function clientMetrics(workers: readonly WorkerLook[]): ClientMetrics | undefined {
  const told = workers.flatMap(({ client }) => client ?? []);
  return told.length === 0 ? undefined : addMetrics(told);
}

/** Between two samples, in milliseconds. */
const everyMs = 1_000;

/** A run of days has its older half thinned out instead of growing without bound. */
const mostSamples = 20_000;

/** One look. */
interface RunSample {
  /** When processes were looked at, on the session's clock. */
  readonly at: Nanoseconds;
  readonly process: ProcessUse | undefined;
  readonly workersCpu: number | undefined;
  /** Answered before the next sample was taken. */
  broker?: BrokerSample | undefined;
  clients?: ClientUse | undefined;
}

export interface SamplerSpec {
  readonly clock: Clock;
  /** Undefined where the broker has no interface to look at it by. */
  readonly source: Source | undefined;
  /** Of the run. */
  readonly destinations: readonly DestinationSpec[];
  /** Of the broker, where it is on this machine. */
  readonly pids: readonly number[];
  /** Of the workers that are there at the moment. */
  readonly workerPids: () => readonly number[];
  /** Asks every worker that is there. */
  readonly askWorkers: (latency: boolean) => Promise<readonly WorkerLook[]>;
  /** Somebody who watches: without one, no worker is asked for what only they want to know. */
  readonly listener?: (sample: LiveSample) => void;
}

export class RunSampler {
  readonly #spec: SamplerSpec;
  readonly #timer: NodeJS.Timeout;
  readonly #process: ProcessMeter;
  readonly #workerCpu = new WorkerCpu();
  readonly #rates: RateKeeper;
  readonly #samples: RunSample[] = [];
  readonly #notes = new Map<string, number>();
  #source: string | undefined;
  #busy: Promise<void> | undefined;
  #lastClients: { readonly metrics: ClientMetrics; readonly at: Nanoseconds } | undefined;
  /** Once it is known that the client library counts nothing, no worker is asked any more. */
  #asksWorkers = true;
  #stopped = false;
  #lastAt: Nanoseconds;
  /** Used since whoever watches was told. */
  #untold: Usage | undefined;

  constructor(spec: SamplerSpec) {
    this.#spec = spec;
    this.#process = new ProcessMeter(spec.pids);
    this.#rates = new RateKeeper(spec.source?.refreshSeconds ?? 0);
    this.#lastAt = spec.clock.now();
    this.#timer = setInterval(() => {
      this.#measure();
      this.#busy ??= this.#ask().finally(() => (this.#busy = undefined));
    }, everyMs);
    this.#timer.unref();
  }

  /** What processes used since the sample before. */
  #measure(): void {
    const at = this.#spec.clock.now();
    const usage: Usage = {
      seconds: (at - this.#lastAt) / 1e9,
      process: this.#process.next(),
      workersCpu: this.#workerCpu.next(this.#spec.workerPids()),
    };
    this.#lastAt = at;
    // While the broker keeps everybody waiting, this adds up for whoever watches.
    this.#untold = this.#untold === undefined ? usage : joinUsage(this.#untold, usage);
    if (this.#stopped) return;
    this.#samples.push({ at, process: usage.process, workersCpu: usage.workersCpu });
    if (this.#samples.length > mostSamples) {
      const half = mostSamples / 2;
      this.#samples.splice(0, half, ...this.#samples.slice(0, half).filter((_, i) => i % 2 === 0));
    }
  }

  /**
   * Asks broker and workers. Their answers belong to the latest sample: of a broker that is slow that is not the one
   * that they were asked with, as its figures are no older than its answer.
   * @param askBroker false where it does not matter any more what it holds
   */
  async #ask(askBroker = true): Promise<void> {
    const [broker, workers] = await Promise.all([askBroker ? this.#broker() : undefined, this.#workers()]);
    const clientUse = this.#clients(workers);
    const latest = this.#samples.at(-1);
    if (!this.#stopped && latest !== undefined) {
      latest.broker = broker;
      latest.clients = clientUse;
    }
    const usage = this.#untold;
    this.#untold = undefined;
    if (usage !== undefined)
      this.#spec.listener?.(liveSample(workers, { broker, ...usage, clients: clientMetrics(workers), clientUse }));
  }

  async #broker(): Promise<BrokerSample | undefined> {
    const { source, destinations } = this.#spec;
    if (source === undefined) return undefined;
    try {
      const reading = await source.read({ exactly: destinations });
      this.#source = reading.source;
      for (const note of reading.notes) this.#notes.set(note, 1);
      return this.#rates.add(reading, performance.now());
    } catch (error) {
      const hint = error instanceof BrokerError ? error.details.hint : undefined;
      const note = redact(`${messageOf(error)}${hint === undefined ? '' : ` ${hint}`}`);
      this.#notes.set(note, (this.#notes.get(note) ?? 0) + 1);
      return undefined;
    }
  }

  async #workers(): Promise<readonly WorkerLook[]> {
    const watched = this.#spec.listener !== undefined;
    if (!this.#asksWorkers && !watched) return [];
    // A worker that is gone is the run's affair.
    const workers = await this.#spec.askWorkers(watched).catch(() => []);
    if (workers.length > 0) this.#asksWorkers = workers.some(({ client }) => client !== undefined);
    return workers;
  }

  #clients(workers: readonly WorkerLook[]): ClientUse | undefined {
    const metrics = clientMetrics(workers);
    if (metrics === undefined) return undefined;
    const now = { metrics, at: this.#spec.clock.now() };
    const before = this.#lastClients;
    this.#lastClients = now;
    return before && useBetween(before.metrics, now.metrics, (now.at - before.at) / 1e9);
  }

  /**
   * Takes no more samples.
   * @param lastLook tells whoever watches how it ended, while the workers are still there
   */
  async stop(lastLook: boolean): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#busy;
    if (lastLook && this.#spec.listener !== undefined) {
      this.#measure();
      await this.#ask(false);
    }
    await this.#spec.source?.close();
  }

  /**
   * What was seen, on the run's own time: the same zero and the same phases as the workers' samples.
   * @param times undefined when nothing was measured
   */
  timeline(times: RunTimes | undefined, work: Work): BrokerTimeline {
    const { source } = this.#spec;
    // After the last receipt what is left is still of interest; what follows producers alone is only counting.
    const end = times !== undefined && work === 'produce' ? courseEnd(work, times) : Infinity;
    return {
      ...(this.#source === undefined ? {} : { source: this.#source }),
      ...(source === undefined ? {} : { refreshSeconds: source.refreshSeconds }),
      samples:
        times === undefined
          ? []
          : this.#samples.filter(({ at }) => at <= end).map((sample) => recordOf(sample, times, work)),
      notes: [
        ...(times === undefined ? [] : neverSeen(this.#samples, times, work)),
        ...[...this.#notes].map(([note, count]) => (count === 1 ? note : `${note} (${count} times)`)),
      ],
    };
  }
}

/**
 * Queues and topics that no look at the measured part had. Some are not there at each moment: those of late consumers,
 * and those that go with a consumer's connection.
 */
function neverSeen(samples: readonly RunSample[], times: RunTimes, work: Work): string[] {
  const looks = samples.flatMap(({ at, broker }) =>
    broker === undefined || phaseAt(at, work, times) !== 'measure' ? [] : [broker],
  );
  const missing = (look: BrokerSample): number => look.destinationCount - look.destinations.length;
  const fullest = looks.toSorted((a, b) => missing(a) - missing(b))[0];
  if (fullest === undefined || missing(fullest) <= 0) return [];
  return [`queue figures are without ${missing(fullest)} of ${fullest.destinationCount} queues or topics`];
}

/** Never -0: JSON has none, and a stored sample is to equal the one it was made from. */
const thousandth = (value: number): number => Math.round(value * 1000) / 1000 + 0;

/** A property where there is a value, nothing where there is none: an amount below 0 is no answer. */
function given<Name extends string, T>(name: Name, value: T | undefined): { [key in Name]?: T } {
  const absent = value === undefined || (typeof value === 'number' && !(value >= 0));
  return absent ? {} : ({ [name]: value } as { [key in Name]: T });
}

function recordOf(
  { at, broker, process, workersCpu, clients }: RunSample,
  times: RunTimes,
  work: Work,
): BrokerSampleRecord {
  const seen = totalOf(broker?.destinations ?? []);
  const node = broker?.nodes[0];
  const rate = (value: number | undefined) => (value === undefined ? undefined : thousandth(value));
  const alarm = (of: 'memoryAlarm' | 'diskAlarm') =>
    broker?.nodes.some((one) => one[of] !== undefined) === true
      ? broker.nodes.some((one) => one[of] === true)
      : undefined;
  return {
    t: thousandth((at - measuredSpan(work, times).from) / 1e9),
    phase: phaseAt(at, work, times),
    ...given('ready', seen.ready),
    ...given('unacknowledged', seen.unacknowledged),
    ...given('lag', seen.lag),
    ...given('consumers', seen.consumers),
    ...given('in', seen.in),
    ...given('delivered', seen.delivered),
    ...given('acknowledged', seen.acknowledged),
    ...given('inPerSecond', rate(seen.inPerSecond)),
    ...given('deliveredPerSecond', rate(seen.deliveredPerSecond)),
    ...given('acknowledgedPerSecond', rate(seen.acknowledgedPerSecond)),
    ...given('memoryBytes', node?.memoryBytes),
    ...given('memoryShare', rate(node?.memoryShare)),
    ...given('storeShare', rate(node?.storeShare)),
    ...given('diskFreeBytes', node?.diskFreeBytes),
    ...given('memoryAlarm', alarm('memoryAlarm')),
    ...given('diskAlarm', alarm('diskAlarm')),
    ...given('heldUp', broker?.heldUp),
    ...given('process', process),
    ...given('workersCpu', workersCpu),
    ...given('clients', clients),
  };
}
