/** A session's runs as metrics while they go on, from the look at everybody that is taken once a second anyway. */
import type { Counter, Gauge, Registry } from 'prom-client';
import type { ClientMetrics } from '../../brokers/adapter.js';
import type { LatencySoFar } from '../../metrics/latency-counts.js';
import type { RunRecord } from '../../results/schema.js';
import type { Phase } from '../../run/envelope.js';
import type { LiveSample, RunStage } from '../../run/live.js';
import type { SessionListener } from '../../run/session.js';
import type { PlannedRun, Scenario } from '../../scenario/types.js';
import { BrokerMetrics } from './broker.js';
import { counter, gauge, LatencyHistogram, type Description, type Labels } from './instruments.js';

const ofCell = ['scenario', 'target', 'cell'] as const;
const ofTarget = ['target'] as const;

const clientCounters = {
  produceRequests: ['mqbench_client_produce_requests_total', 'Requests that carried messages.'],
  produceMs: ['mqbench_client_produce_request_seconds_total', 'Time that requests with messages took together.'],
  produceBytes: ['mqbench_client_produced_bytes_total', 'Bodies of requests with messages.'],
  records: ['mqbench_client_produced_messages_total', 'Messages in requests.'],
  batches: ['mqbench_client_produced_batches_total', 'Batches in requests, one for each partition.'],
  fetches: ['mqbench_client_fetches_total', 'Answered fetches.'],
  fetchMs: ['mqbench_client_fetch_seconds_total', 'Time that fetches took together, waiting for messages included.'],
  fetched: ['mqbench_client_fetched_messages_total', 'Messages fetched.'],
} as const satisfies { readonly [Name in Exclude<keyof ClientMetrics, 'lagMax'>]: readonly [string, string] };

/** Their use, and what it is a second of. */
const processCounters = {
  cpu: ['mqbench_broker_process_cpu_seconds_total', "CPU time of the broker's processes."],
  diskReadBytesPerSecond: ['mqbench_broker_process_disk_read_bytes_total', 'Read from disk.'],
  diskWrittenBytesPerSecond: ['mqbench_broker_process_disk_written_bytes_total', 'Written to disk.'],
  networkReceivedBytesPerSecond: [
    'mqbench_broker_process_network_receive_bytes_total',
    "Received in the network namespace of the broker's processes.",
  ],
  networkSentBytesPerSecond: [
    'mqbench_broker_process_network_transmit_bytes_total',
    "Sent in the network namespace of the broker's processes.",
  ],
} as const satisfies {
  readonly [Name in Exclude<keyof NonNullable<LiveSample['process']>, 'rssBytes'>]: readonly [string, string];
};

type Counters<Name> = readonly (readonly [Name, Counter])[];

export class RunMetrics {
  readonly #broker: BrokerMetrics;
  readonly #planned: Gauge;
  readonly #ended: Counter;
  readonly #stage: Gauge;
  readonly #sent: Counter;
  readonly #received: Counter;
  readonly #publish: LatencyHistogram;
  readonly #endToEnd: LatencyHistogram;
  readonly #workersCpu: Counter;
  readonly #resident: Gauge;
  readonly #lagMax: Gauge;
  readonly #process: Counters<keyof typeof processCounters>;
  readonly #clients: Counters<keyof typeof clientCounters>;

  constructor(registry: Registry) {
    const cellCounter = (name: string, help: string, more: readonly string[] = []): Counter =>
      counter(registry, [name, help, [...ofCell, ...more]]);
    const all = <Name extends string>(
      descriptions: Readonly<Record<Name, readonly [string, string]>>,
      labels: readonly string[],
    ): Counters<Name> =>
      (Object.keys(descriptions) as Name[]).map((key) => [key, counter(registry, [...descriptions[key], labels])]);
    this.#broker = new BrokerMetrics(registry);
    this.#planned = gauge(registry, ['mqbench_runs_planned', 'Runs that the session has in all.', ['scenario']]);
    this.#ended = cellCounter('mqbench_runs_ended_total', 'Runs that ended, discarded ones left out.', ['status']);
    this.#stage = gauge(registry, [
      'mqbench_run_stage',
      '1 for the stage of the run that goes on.',
      [...ofCell, 'repetition', 'stage'],
    ]);
    this.#sent = cellCounter('mqbench_run_messages_sent_total', 'Messages sent.', ['phase']);
    this.#received = cellCounter('mqbench_run_messages_received_total', 'Messages received, duplicates left out.', [
      'phase',
    ]);
    this.#publish = new LatencyHistogram(
      registry,
      latency('mqbench_run_publish_latency_seconds', 'Confirm minus intended send time'),
    );
    this.#endToEnd = new LatencyHistogram(
      registry,
      latency('mqbench_run_end_to_end_latency_seconds', 'Receipt minus intended send time'),
    );
    this.#workersCpu = cellCounter('mqbench_run_workers_cpu_seconds_total', 'CPU time of producers and consumers.');
    this.#resident = gauge(registry, [
      'mqbench_broker_process_resident_memory_bytes',
      "Resident memory of the broker's processes.",
      ofTarget,
    ]);
    this.#process = all(processCounters, ofTarget);
    this.#clients = all(clientCounters, ofCell);
    this.#lagMax = gauge(registry, [
      'mqbench_client_lag_max_messages',
      'Messages behind the log end in the partition that is furthest behind.',
      ofCell,
    ]);
  }

  /** What a session of this scenario tells; one after the other. */
  listener({ name: scenario, work }: Pick<Scenario, 'name' | 'work'>): SessionListener {
    const growth = new Growth();
    let run: PlannedRun | undefined;
    const labels = ({ cell }: PlannedRun): Labels => ({ scenario, target: cell.target, cell: cell.id });
    const count = (metric: Counter, of: Labels, name: string, now: number): void =>
      metric.inc({ ...of }, growth.of(name, now));
    return {
      runBegins: (begins, _place, of) => {
        growth.beginAnew();
        run = begins;
        this.#planned.set({ scenario }, of);
      },
      stage: (stage: RunStage) => {
        this.#stage.reset();
        if (run !== undefined) this.#stage.set({ ...labels(run), repetition: run.repetition, stage }, 1);
      },
      sampled: (target, look) => {
        // A broker without an interface is not one that is down.
        this.#broker.update(look.broker === undefined ? [] : [{ target, sample: look.broker }]);
        const { process, seconds } = look;
        if (process !== undefined) {
          this.#resident.set({ target }, process.rssBytes);
          for (const [name, metric] of this.#process) addUse(metric, { target }, process[name], seconds);
        }
        if (run === undefined) return;
        const of = labels(run);
        addUse(this.#workersCpu, of, look.workersCpu, seconds);
        // What nobody answered is unknown, not 0.
        if (look.workers === 0) return;
        for (const [phase, inResult] of phasesOf(run)) {
          count(this.#sent, { ...of, phase: inResult }, `sent ${phase}`, look.sent[phase]);
          count(this.#received, { ...of, phase: inResult }, `received ${phase}`, look.received[phase]);
        }
        if (!run.discard) {
          if (work !== 'consume') this.#publish.add(of, growth.ofLatency('publish', look.publish));
          // A message of a backlog has waited for the consumers to start, which is no latency.
          if (work === 'transfer') this.#endToEnd.add(of, growth.ofLatency('end to end', look.endToEnd));
        }
        if (look.clients === undefined) return;
        this.#lagMax.set({ ...of }, look.clients.lagMax);
        for (const [name, metric] of this.#clients)
          count(metric, of, name, look.clients[name] / (name === 'produceMs' || name === 'fetchMs' ? 1e3 : 1));
      },
      runEnds: (ended, record: RunRecord) => {
        this.#stage.reset();
        this.#broker.update([]);
        this.#resident.reset();
        this.#lagMax.reset();
        if (!ended.discard) this.#ended.inc({ ...labels(ended), status: record.verdict.status });
        run = undefined;
      },
      progress: () => undefined,
      warn: () => undefined,
    };
  }
}

function latency(name: string, what: string): Description {
  return [name, `${what}, of the measured messages.`, ofCell];
}

/** @param perSecond undefined where it cannot be read */
function addUse(metric: Counter, labels: Labels, perSecond: number | undefined, seconds: number): void {
  if (perSecond !== undefined) metric.inc({ ...labels }, perSecond * seconds);
}

/** Under which name a phase's messages are counted: a discarded run warms a server up, all of it. */
function phasesOf({ discard }: PlannedRun): (readonly [phase: Phase, as: Phase])[] {
  return [
    ['warmup', 'warmup'],
    ['measure', discard ? 'warmup' : 'measure'],
  ];
}

/** What came since the look before, of figures that grow during a run and begin anew with the next. */
class Growth {
  #last = new Map<string, number>();

  beginAnew(): void {
    this.#last.clear();
  }

  /** A figure that fell has lost a worker to a fault: what the others do from then on is counted. */
  of(name: string, now: number): number {
    const before = this.#last.get(name) ?? 0;
    this.#last.set(name, now);
    return Math.max(0, now - before);
  }

  ofLatency(name: string, { counts, sumSeconds }: LatencySoFar): LatencySoFar {
    return {
      counts: counts.map((count, i) => this.of(`${name} ${i}`, count)),
      sumSeconds: this.of(`${name} sum`, sumSeconds),
    };
  }
}
