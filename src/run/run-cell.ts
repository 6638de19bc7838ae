/**
 * One run from destination to record: provision, connect, be ready, warm up, measure, drain, verify, clean up. Where
 * producers and consumers do not work together, the queue is filled before the first consumer starts. Whatever happens, the workers end and the destination goes.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DestinationSpec } from '../brokers/adapter.js';
import { capabilitiesOf } from '../brokers/capabilities.js';
import { hasSubscriptions, type Route } from '../brokers/pattern.js';
import { BrokerError, deserializeError, InterruptedError, messageOf, MqbenchError } from '../errors.js';
import type { Reconnect } from '../faults/course.js';
import { type Detour, openDetour } from '../faults/detour.js';
import { longestFault, needsProxy, touchesBroker } from '../faults/fault.js';
import { FaultInjector } from '../faults/injector.js';
import { WorkerJournals } from '../faults/worker-journals.js';
import { accountDelivery } from '../metrics/delivery.js';
import type { Mark } from '../metrics/sends.js';
import { accountSubscribers, fanOut, type Subscribed } from '../metrics/subscribers.js';
import { RunSampler } from '../monitor/run/sampler.js';
import { openSource } from '../monitor/source.js';
import { plural } from '../plural.js';
import { MachineMeter, residentBytes } from '../metrics/machine.js';
import { Deck, drawRow } from '../patterns/deck.js';
import type { RunRecord } from '../results/schema.js';
import { definitionOf } from '../scenario/pattern-schema.js';
import { sizeOf } from '../scenario/sizes.js';
import type { RunScenario } from '../scenario/run-load.js';
import type { PlannedRun } from '../scenario/types.js';
import { readyTimeoutMs } from '../servers/supervised/supervision.js';
import { mix } from './arrivals/schedule.js';
import { type Awaited, awaitedOf, hasArrived } from './awaited.js';
import { createClock } from './clock.js';
import type { Phase } from './envelope.js';
import type { Joined } from './joining.js';
import { missingRecord } from './missing-record.js';
import { type LiveSample, printedMessages, type RunListener } from './live.js';
import { PrintedLines } from './printed.js';
import type {
  ConnectOptions,
  EventMessage,
  PhaseAnswer,
  PhaseExtent,
  Requests,
  Resilience,
  RunOptions,
  WorkerRecord,
} from './protocol.js';
import { buildRunRecord } from './run-record.js';
import { type ConsumerPlace, consumerPlaces, destinationSpecs, producerDestinations, type Spread } from './spread.js';
import type { TargetSession } from './target-session.js';
import { WorkerProcess } from './worker-process.js';

export interface RunContext {
  readonly origin: bigint;
  readonly scenario: RunScenario;
  readonly logDir: string;
  readonly signal: AbortSignal;
  readonly listener: RunListener;
  /** Marks this run's messages and names its destination; unique in the session. */
  readonly runNumber: number;
  /** Unique to the session, for names on the broker. */
  readonly sessionId: string;
  /**
   * Told why a run did not come to its end.
   * @param usable false when a further run on this target would not either
   */
  failed(error: Error, usable: boolean): void;
  /** Whether messages are shown one by one. */
  readonly print?: boolean;
  /** False for the bench that shows what sampling costs. */
  readonly sampling?: boolean;
}

/** Time a probe may take to come through once all are ready, in milliseconds. */
const probeTimeoutMs = 15_000;
/** As a person calls the phases. */
const phaseNames: Readonly<Record<Phase, string>> = { probe: 'probe', warmup: 'warm-up', measure: 'measured part' };
/** With faults a run is over when nothing at all has arrived for so long, in milliseconds. */
const quietMs = 1_000;
/** How long the broker may take to delete a destination, in milliseconds; and one that has just not answered any more. */
const deleteTimeoutMs = 20_000;
const silentDeleteTimeoutMs = 5_000;
/** Late duplicates get so long to arrive after the last expected message, in milliseconds. */
const lateMs = 250;

/** Something that ends the run early and stays: a lost connection, a dead worker, Ctrl-C. */
class Abort {
  private readonly rejections: ((error: Error) => void)[] = [];
  error: Error | undefined;

  raise(error: Error): void {
    this.error ??= error;
    for (const reject of this.rejections.splice(0)) reject(error);
  }

  /** `work`, or the abort when that comes first. */
  async race<T>(work: Promise<T>): Promise<T> {
    if (this.error) {
      work.catch(() => undefined);
      throw this.error;
    }
    return new Promise<T>((resolve, reject) => {
      this.rejections.push(reject);
      work.then(resolve, reject);
    });
  }
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(messageOf(thrown)));

/** Runs one planned run. Never rejects for what the broker or a client does: that is in the record. */
export async function runCell(planned: PlannedRun, target: TargetSession, context: RunContext): Promise<RunRecord> {
  const run = new CellRun(planned, target, context);
  return run.execute();
}

class CellRun {
  private readonly abort = new Abort();
  private readonly incidents = new Map<string, number>();
  private readonly producers: WorkerProcess[] = [];
  private readonly consumers: WorkerProcess[] = [];
  /** Processes of late consumers that have not joined yet, by the order in which they will. */
  private readonly late: { readonly worker: WorkerProcess; readonly place: ConsumerPlace }[] = [];
  private readonly joined: Joined[] = [];
  /** With faults only, like the three below. */
  private readonly journals: WorkerJournals | undefined;
  private injector: FaultInjector | undefined;
  private detour: Detour | undefined;
  private readonly reconnects: Reconnect[] = [];
  private readonly spread: Spread;
  private readonly specs: readonly DestinationSpec[];
  private readonly routes: readonly Route[] | undefined;
  /** Where each consumer has a subscription of its own. */
  private subscribed: Subscribed | undefined;
  /** The consumers that read everything a second time. */
  private readonly readers: WorkerProcess[] = [];
  /** Why the broker takes no messages just now. */
  private blocked: string | undefined;
  /** It let everyone in, and messages went through. */
  private usable = false;
  /** It did not even let anyone in any more. */
  private silent = false;
  /** Why a worker did not hand its record over. */
  private mute: Error | undefined;
  private readonly printed = new PrintedLines((line) => this.context.listener.print?.(line));
  private readonly clock;

  constructor(
    private readonly planned: PlannedRun,
    private readonly target: TargetSession,
    private readonly context: RunContext,
  ) {
    this.clock = createClock(context.origin);
    const { producers, consumers, destinations, lateConsumers, guarantee } = context.scenario;
    this.spread = { producers, consumers, destinations, late: lateConsumers?.count ?? 0 };
    const { pattern: asked, seed } = context.scenario;
    const definition = definitionOf(asked);
    const pattern = definition.destination(asked, context.scenario);
    this.routes = definition.routes && drawRow(definition.routes(asked), seed);
    if (context.scenario.faults.length > 0)
      this.journals = new WorkerJournals(
        join(context.logDir, `run-${context.runNumber}`),
        producers,
        context.scenario.load.kind !== 'closed',
        this.routes && new Deck(this.routes),
      );
    this.specs = destinationSpecs(
      `mqbench-${context.sessionId}-${context.runNumber}`,
      { guarantee, ...(pattern === undefined ? {} : { pattern }) },
      this.spread,
    );
    if (hasSubscriptions(pattern) && this.routes !== undefined)
      this.subscribed = {
        pattern,
        subscribers: consumers,
        deck: new Deck(this.routes),
        late: new Set(consumerPlaces(this.spread).flatMap(({ index, late }) => (late ? [index] : []))),
        joining: undefined,
      };
  }

  async execute(): Promise<RunRecord> {
    try {
      return await this.carryOut();
    } finally {
      this.journals?.remove();
    }
  }

  private async carryOut(): Promise<RunRecord> {
    const { context, target } = this;
    const startedAt = new Date().toISOString();
    const meter = new MachineMeter(this.clock, target.server.pids);
    const interrupt = (): void => this.abort.raise(new InterruptedError());
    context.signal.addEventListener('abort', interrupt, { once: true });
    if (context.signal.aborted) interrupt();
    void target.gone.then((error) => this.abort.raise(error));

    const sampler = await this.startSampling();
    let error: Error | undefined;
    const created: DestinationSpec[] = [];
    try {
      context.listener.stage('provision');
      await this.prepareFaults();
      for (const spec of this.specs) {
        created.push(spec);
        await this.abort.race(target.control.request('create-destination', { spec }));
      }
      if (context.scenario.work === 'transfer') await this.transfer();
      else await this.oneAfterTheOther();
    } catch (caught) {
      error = asError(caught);
      context.failed(error, this.usable);
    }
    await this.injector?.heal();
    const brokerRss = residentBytes(target.server.pids);
    await sampler?.stop(error === undefined);
    let [records, again]: [WorkerRecord[], WorkerRecord[]] = [[], []];
    try {
      records = await this.collect([...this.producers, ...this.consumers]);
      again = await this.collect(this.readers);
      if (this.mute !== undefined) throw this.mute;
    } catch (caught) {
      if (error === undefined) {
        error = asError(caught);
        context.failed(error, this.usable);
      }
    }
    this.printed.flush();
    meter.stop();
    context.listener.stage('clean up');
    const untidy = await this.cleanUp(created);
    await this.detour?.proxy.close();
    context.signal.removeEventListener('abort', interrupt);

    return buildRunRecord({
      planned: this.planned,
      scenario: context.scenario,
      startedAt,
      records,
      meter,
      sampler,
      brokerRss,
      prefetch:
        capabilitiesOf(target.adapter, target.target.options).prefetch === true ? context.scenario.prefetch : undefined,
      error: error === undefined ? undefined : messageOf(error),
      joined: this.joined,
      faults:
        this.injector === undefined || this.journals === undefined
          ? undefined
          : { done: this.injector.done, reconnects: this.reconnects, journals: this.journals.all() },
      subscribed: this.subscribed,
      routes: this.routes,
      again: again.flatMap((record) => (record.role === 'consumer' ? [record.receipts] : [])),
      incidents: [...[...this.incidents].map(([what, n]) => (n === 1 ? what : `${what} (${n} times)`)), ...untidy],
    });
  }

  /** What faults need before there is any worker. */
  private async prepareFaults(): Promise<void> {
    const { scenario } = this.context;
    const { faults, messages, durationSeconds } = scenario;
    if (faults.length === 0) return;
    if (needsProxy(faults)) this.detour = await openDetour(this.target.server.endpoint);
    this.injector = new FaultInjector(faults, {
      clock: this.clock,
      session: this.target,
      proxy: this.detour?.proxy,
      producers: this.producers,
      consumers: this.consumers,
      deliveries: this.subscribed === undefined ? 1 : fanOut(this.subscribed),
      revive: this.subscribed === undefined ? undefined : (consumer) => this.revive(consumer),
      messages,
      durationSeconds,
      drainSeconds: scenario.drainSeconds,
      aborted: () => this.abort.error !== undefined,
    });
  }

  private connectOptions(clientName: string): ConnectOptions {
    const direct = this.target.connectOptions(clientName);
    return this.detour === undefined ? direct : { ...direct, endpoint: this.detour.endpoint };
  }

  /** With faults a worker comes back by itself and keeps a journal. */
  private resilience(worker: WorkerProcess): { readonly resilience?: Resilience } {
    const { journals } = this;
    if (journals === undefined) return {};
    const { drainSeconds, faults } = this.context.scenario;
    const giveUpMs = (drainSeconds + longestFault(faults)) * 1000 + (touchesBroker(faults) ? readyTimeoutMs : 0);
    return { resilience: { ...journals.begin(worker.name), giveUpMs } };
  }

  private async startSampling(): Promise<RunSampler | undefined> {
    const { context, target, clock } = this;
    if (context.sampling === false) return undefined;
    const { listener } = context;
    const { adapter, options } = target.target;
    const { endpoint, provider, pids } = target.server;
    return new RunSampler({
      clock,
      source: await openSource({ adapter, endpoint, options, ours: provider !== 'endpoint' }),
      destinations: this.specs,
      pids,
      workerPids: () => [...this.alive(), ...this.readers].flatMap(({ pid }) => pid ?? []),
      askWorkers: (latency) => Promise.all(this.alive().map((worker) => worker.request('look', { latency }, 5_000))),
      ...(listener.sampled === undefined
        ? {}
        : { listener: (sample: LiveSample) => listener.sampled?.(target.target.name, sample) }),
    });
  }

  /** Everyone that no fault has killed. */
  private alive(): WorkerProcess[] {
    return [...this.producers, ...this.consumers].filter((worker) => !worker.killed);
  }

  private readonly onEvent = (event: EventMessage, worker = ''): void => {
    switch (event.type) {
      case 'lost':
        this.abort.raise(deserializeError(event.error));
        break;
      case 'blocked':
        this.blocked = event.blocked ? event.reason : undefined;
        this.note(event.blocked ? `the broker blocked a producer: ${event.reason}` : 'the broker unblocked a producer');
        break;
      case 'incident':
        this.note(event.what);
        break;
      case 'reconnected': {
        const { lostAt, backAt, attempts, why } = event;
        this.reconnects.push({ worker, lostAt, backAt, attempts, why });
        break;
      }
      case 'printed':
        this.printed.add(event.at, `${this.target.target.name}: ${event.line}`);
        break;
    }
  };

  private note(incident: string): void {
    this.incidents.set(incident, (this.incidents.get(incident) ?? 0) + 1);
  }

  /** Says why nothing moves any more, and ends the run. */
  private async stalled(phase: Phase): Promise<never> {
    if (this.blocked === undefined) await this.requireAnswer();
    this.usable = false;
    const error =
      this.blocked === undefined
        ? new BrokerError(
            `The broker stopped confirming messages in the ${phaseNames[phase]}, and is still there.`,
            'timeout',
            {
              where: this.target.server.endpoint.url,
              hint: "Look at the broker's log: its disk or store may be full.",
            },
          )
        : new BrokerError(`The broker blocked the producers in the ${phaseNames[phase]}: ${this.blocked}.`, 'timeout', {
            where: this.target.server.endpoint.url,
            hint: 'Give it more memory or disk, raise the limit in its configuration, or keep less in flight.',
          });
    this.abort.raise(error);
    throw error;
  }

  /** Tells a broker that has lost messages from one that says nothing any more. */
  private async requireAnswer(): Promise<void> {
    const connect = this.target.connectOptions('mqbench check');
    try {
      await this.abort.race(this.target.control.request('check-alive', { connect }));
    } catch (error) {
      if (this.abort.error !== undefined) throw error;
      this.usable = false;
      this.silent = true;
      const silent = new BrokerError(`The broker does not answer any more: ${messageOf(error)}`, 'lost', {
        where: this.target.server.endpoint.url,
        hint: "Look at the broker's log, and whether its process was stopped.",
      });
      this.abort.raise(silent);
      throw silent;
    }
  }

  /** Producers and consumers together. */
  private async transfer(): Promise<void> {
    const { listener } = this.context;
    listener.stage('connect');
    await this.abort.race(Promise.all([this.startConsumers(), this.startProducers()]));
    await this.probe();
    listener.stage('warm up');
    await this.warmUp();
    this.usable = true;
    await this.measure();
  }

  /**
   * Producers first, then consumers. The warm-up's messages stand in front of the queue, so that they warm up both.
   * No probe: a consumer that got it would be there too early.
   */
  private async oneAfterTheOther(): Promise<void> {
    const { listener, scenario } = this.context;
    listener.stage('connect');
    await this.abort.race(this.startProducers());
    if (scenario.warmupSeconds > 0) {
      listener.stage('warm up');
      await this.sendPhase('warmup', { durationNs: scenario.warmupSeconds * 1e9 });
    }
    this.usable = true;
    await this.beginMeasure(this.producers);
    listener.stage(scenario.work === 'produce' ? 'measure' : 'fill');
    const answers = await this.sendPhase('measure', this.extent());
    if (this.injector !== undefined) await this.abort.race(this.injector.filled());
    listener.stage(scenario.work === 'produce' ? 'count' : 'measure');
    await this.abort.race(this.startConsumers());
    await this.receiveAll(answers);
  }

  private runOptions(): RunOptions {
    const { context, planned } = this;
    const { scenario } = context;
    return {
      origin: context.origin,
      runNumber: context.runNumber,
      seed: scenario.seed,
      size: sizeOf(planned.cell),
      payload: scenario.content,
      producers: scenario.producers,
      guarantee: scenario.guarantee,
      calls: scenario.pattern.kind === 'rpc',
      load: scenario.load,
      arrivalSeed: mix(scenario.seed, planned.repetition),
      ...(this.routes === undefined ? {} : { routes: this.routes }),
      stallMs: scenario.drainSeconds * 1000,
      ...(scenario.weights === undefined ? {} : { weights: scenario.weights }),
      ...(scenario.publishing === undefined ? {} : { publishing: scenario.publishing }),
      ...(context.print && !planned.discard ? { print: printedMessages } : {}),
    };
  }

  private worker(name: string): WorkerProcess {
    const log = join(this.context.logDir, `run-${this.context.runNumber}-${name.replace(' ', '-')}.log`);
    return new WorkerProcess(name, (event) => this.onEvent(event, name), log, this.target.workerEnv);
  }

  private async startProducers(): Promise<void> {
    const run = this.runOptions();
    const starting: Promise<unknown>[] = [];
    for (let index = 0; index < this.spread.producers; index++) {
      const worker = this.worker(`producer ${index}`);
      this.producers.push(worker);
      const connect = this.connectOptions(`mqbench producer ${index}`);
      const destinations = producerDestinations(index, this.spread).map((d) => this.specs[d] as DestinationSpec);
      starting.push(
        worker.request('start-producer', { connect, run, index, destinations, ...this.resilience(worker) }),
      );
    }
    await Promise.all(starting);
  }

  private async startConsumers(): Promise<void> {
    const starting: Promise<unknown>[] = [];
    for (const place of consumerPlaces(this.spread)) {
      const worker = this.worker(`consumer ${place.index}`);
      if (place.late) {
        this.late.push({ worker, place });
        continue;
      }
      this.consumers.push(worker);
      starting.push(this.startConsumer(worker, place, false));
    }
    await Promise.all(starting);
  }

  /** @param late it was not there from the start */
  private startConsumer(worker: WorkerProcess, place: ConsumerPlace, late: boolean): Promise<unknown> {
    return worker.request('start-consumer', this.consumerAsk(worker, place, late));
  }

  private consumerAsk(
    worker: WorkerProcess,
    { index, destination, place, together }: ConsumerPlace,
    late: boolean,
  ): Requests['start-consumer']['ask'] {
    const spec = this.specs[destination] as DestinationSpec;
    return {
      connect: this.connectOptions(`mqbench consumer ${index}`),
      run: this.runOptions(),
      index,
      // A partitioned broker has as many partitions as consumers at last; ready are those that are there now.
      destination: this.subscribed ? spec : { ...spec, consumers: together },
      place,
      prefetch: this.context.scenario.prefetch,
      late,
      ...this.resilience(worker),
    };
  }

  /** A new process for a subscriber that was killed: it takes its subscription over, and what its journal has. */
  private async revive(index: number): Promise<void> {
    const place = consumerPlaces(this.spread)[index];
    if (place === undefined) throw new Error(`there is no consumer ${index}`);
    const worker = this.worker(`consumer ${index}`);
    this.consumers[index] = worker;
    // Bounded by its own attempts to come back: the broker may be away too.
    await worker.request('start-consumer', { ...this.consumerAsk(worker, place, true), resumes: true }, 0);
    await worker.request('begin-measure', {});
  }

  /** Lets the late consumers join when their time has come, unless all is sent before. */
  private async joinLate(startAt: number, sent: Promise<unknown>): Promise<void> {
    const { lateConsumers } = this.context.scenario;
    if (lateConsumers === undefined) return;
    const waitMs = (startAt - this.clock.now()) / 1e6 + lateConsumers.afterSeconds * 1000;
    const timer = new AbortController();
    const due = await Promise.race([
      sleep(waitMs, true, { signal: timer.signal }),
      sent.then(
        () => false,
        () => false,
      ),
    ]);
    timer.abort();
    if (this.abort.error) return;
    if (!due) {
      this.onEvent({ type: 'incident', what: 'all messages were sent before the late consumers joined' });
      // What a durable subscription has kept is there all the same.
      if (this.subscribed?.pattern.durable !== true) return;
    }
    const before = await this.marks();
    const joining = this.late.map(async ({ worker, place }): Promise<Joined> => {
      const askedAt = this.clock.now();
      await this.startConsumer(worker, place, true);
      return { consumer: place.index, askedAt, readyAt: this.clock.now() };
    });
    // They count from the moment on that they may receive.
    this.consumers.push(...this.late.splice(0).map(({ worker }) => worker));
    this.joined.push(...(await this.abort.race(Promise.all(joining))));
    if (this.subscribed && !this.subscribed.pattern.durable)
      this.subscribed = { ...this.subscribed, joining: { before, after: await this.marks() } };
  }

  /** How far the producers are, where a subscriber's messages depend on it. */
  private async marks(): Promise<readonly Mark[]> {
    if (this.subscribed === undefined || this.subscribed.pattern.durable) return [];
    return this.abort.race(Promise.all(this.producers.map((worker) => worker.request('mark', {}))));
  }

  /** A few messages of no consequence: every path from producer to consumer has been used once before time counts. */
  private async probe(): Promise<void> {
    const each = Math.max(this.context.scenario.consumers, this.routes?.length ?? 0);
    const answers = await this.sendPhase('probe', { messages: each });
    const sent = each * this.producers.length;
    const expected = this.subscribed ? awaitedOf(answers, this.subscribed) : sent;
    const arrived = await this.abort.race(this.awaitReceipts('probe', expected, probeTimeoutMs));
    if (!arrived)
      throw new BrokerError(
        `Of ${sent} probe messages not all came through within ${probeTimeoutMs / 1000} s of everyone being ready.`,
        'timeout',
        { where: this.target.server.endpoint.url, hint: "Look at the broker's log." },
      );
  }

  private async warmUp(): Promise<void> {
    const { warmupSeconds } = this.context.scenario;
    if (warmupSeconds === 0) return;
    const answers = await this.sendPhase('warmup', { durationNs: warmupSeconds * 1e9 });
    const stallMs = Math.min(10_000, this.context.scenario.drainSeconds * 1000);
    const arrived = await this.abort.race(this.awaitReceipts('warmup', awaitedOf(answers, this.subscribed), stallMs));
    if (!arrived)
      this.onEvent({
        type: 'incident',
        what: 'messages of the warm-up were still missing when the measured part began',
      });
  }

  private extent(): PhaseExtent {
    const { messages, durationSeconds } = this.context.scenario;
    return messages === undefined ? { durationNs: (durationSeconds ?? 0) * 1e9 } : { messages };
  }

  private async beginMeasure(workers: readonly WorkerProcess[]): Promise<void> {
    await this.abort.race(Promise.all(workers.map((worker) => worker.request('begin-measure', {}))));
  }

  private async measure(): Promise<void> {
    const { listener } = this.context;
    await this.beginMeasure([...this.producers, ...this.consumers]);
    listener.stage('measure');
    const startAt = this.clock.now();
    const sending = this.sendPhase('measure', this.extent());
    const breaking = this.injector?.run(startAt, sending);
    const [answers] = await Promise.all([
      sending,
      this.joinLate(startAt, sending),
      breaking === undefined ? undefined : this.abort.race(breaking),
    ]);
    listener.stage('drain');
    await this.receiveAll(answers);
    if (definitionOf(this.context.scenario.pattern).features?.includes('replay')) await this.readAgain(answers);
  }

  /** Consumers leave, the destination goes back to its beginning, and as many others read all of it. */
  private async readAgain(answers: readonly PhaseAnswer[]): Promise<void> {
    this.context.listener.stage('read again');
    await this.abort.race(Promise.all(this.consumers.map((worker) => worker.request('stop-consuming', {}))));
    for (const spec of this.specs) await this.abort.race(this.target.control.request('rewind', { spec }));
    const starting = consumerPlaces(this.spread).map((place) => {
      const worker = this.worker(`reader ${place.index}`);
      this.readers.push(worker);
      return this.startConsumer(worker, place, true);
    });
    await this.abort.race(Promise.all(starting));
    await this.receiveAll(answers, this.readers);
  }

  /** Until every confirmed message has arrived, or nothing has for the drain limit; then a moment for late duplicates. */
  private async receiveAll(answers: readonly PhaseAnswer[], consumers = this.consumers): Promise<void> {
    if (this.journals !== undefined) return this.abort.race(this.receiveEach());
    const awaited = awaitedOf(answers, this.subscribed);
    const drainMs = this.context.scenario.drainSeconds * 1000;
    const arrived = await this.abort.race(this.awaitReceipts('measure', awaited, drainMs, consumers));
    if (arrived && (await this.abort.race(this.isDoubtful(answers, consumers))))
      await this.abort.race(this.receiveEach(0, consumers));
    await this.abort.race(sleep(lateMs));
  }

  /**
   * Whether enough messages need not be all of them: one may have come to two consumers, or without having been
   * confirmed, or to a subscriber that was only just there.
   */
  private async isDoubtful(answers: readonly PhaseAnswer[], consumers: readonly WorkerProcess[]): Promise<boolean> {
    if (answers.some(({ sent, confirmed }) => confirmed < sent) || this.subscribed?.joining !== undefined) return true;
    if (this.subscribed !== undefined || consumers.length === 1) return false;
    const progress = await Promise.all(consumers.map((worker) => worker.request('progress', {})));
    return progress.some(({ repeats }) => repeats === true);
  }

  /**
   * Until each confirmed message has arrived, by its number, as some came twice and some were never confirmed; then
   * until nothing more has come for so long.
   */
  private async receiveEach(quiet = quietMs, consumers: readonly WorkerProcess[] = this.consumers): Promise<void> {
    const stallNs = this.context.scenario.drainSeconds * 1e9;
    let received = -1;
    let lastMove = this.clock.now();
    while (this.abort.error === undefined) {
      const records = await this.collect([...this.producers, ...consumers]);
      if (this.mute !== undefined) throw this.mute;
      const receipts = records.flatMap((r) => (r.role === 'consumer' ? [r.receipts] : []));
      const sends = records.flatMap((r) => (r.role === 'producer' ? [r.sends] : []));
      const { lost, received: now } = accountDelivery(
        sends,
        receipts,
        this.subscribed && accountSubscribers(this.subscribed, sends, receipts),
      );
      if (now !== received) lastMove = this.clock.now();
      received = now;
      const quietNs = this.clock.now() - lastMove;
      if (lost === 0 && quietNs >= quiet * 1e6) return;
      if (quietNs > stallNs) {
        await this.requireAnswer();
        return;
      }
      await sleep(quietMs / 4);
    }
  }

  /** All producers send one phase, sharing its messages; resolves when all are settled. */
  private async sendPhase(phase: Phase, extent: PhaseExtent): Promise<PhaseAnswer[]> {
    const startAt = this.clock.now() + 20e6;
    const n = this.producers.length;
    const watch = phase === 'measure' ? undefined : setInterval(() => void this.tell(phase), 1_000);
    try {
      const answers = await this.abort.race(
        Promise.all(
          this.producers.map((worker, index) => {
            const share: PhaseExtent =
              'messages' in extent && phase !== 'probe'
                ? { messages: Math.floor((extent.messages - index + n - 1) / n) }
                : extent;
            return worker.request('send', { phase, extent: share, startAt }, 0).catch((error: unknown) => {
              if (!worker.killed || this.journals === undefined) throw error;
              return this.journals.answerOf(worker.name);
            });
          }),
        ),
      );
      if (answers.some((a) => a.stalled)) await this.stalled(phase);
      if (phase !== 'measure') this.notTaken(phase, answers);
      await this.unanswered(
        phase,
        answers.reduce((sum, a) => sum + a.unanswered, 0),
      );
      return answers;
    } finally {
      clearInterval(watch);
    }
  }

  /** Messages that failed before any counted: the probe's end the run, the warm-up's are told. */
  private notTaken(phase: Phase, answers: readonly PhaseAnswer[]): void {
    const first = answers.find(({ firstFailure }) => firstFailure !== undefined)?.firstFailure;
    if (first === undefined) return;
    const error = deserializeError(first);
    const missing = answers.reduce((sum, { sent, confirmed }) => sum + sent - confirmed, 0);
    const what = `${plural(missing, 'message')} of the ${phaseNames[phase]} ${missing === 1 ? 'was' : 'were'} not taken: ${messageOf(error).replace(/\.$/, '')}`;
    if (phase === 'probe')
      throw new BrokerError(`${what}.`, error instanceof BrokerError ? error.kind : 'other', {
        where: this.target.server.endpoint.url,
        hint: (error instanceof MqbenchError ? error.details.hint : undefined) ?? "Look at the broker's log.",
      });
    this.note(what);
  }

  /** Replies that never came: counted in the measured part, and before it a reason to go no further. */
  private async unanswered(phase: Phase, calls: number): Promise<void> {
    if (calls === 0) return;
    await this.requireAnswer();
    if (phase === 'measure') return;
    throw new BrokerError(
      `${plural(calls, 'request')} of the ${phaseNames[phase]} went out and no reply came back.`,
      'timeout',
      { where: this.target.server.endpoint.url, hint: "Look at the broker's log." },
    );
  }

  private async tell(phase: Phase): Promise<void> {
    try {
      const ask = (workers: readonly WorkerProcess[]) =>
        Promise.all(workers.map((worker) => worker.request('progress', {}, 5_000)));
      const [sent, received] = await Promise.all([ask(this.producers), ask(this.consumers)]);
      const sum = (list: typeof sent) => list.reduce((total, p) => total + p.done[phase], 0);
      this.context.listener.progress(sum(sent), sum(received));
    } catch {
      // Only a display; the run itself notices what went wrong.
    }
  }

  /**
   * Waits until what is awaited of a phase has arrived.
   * @param stallMs gives up when nothing at all has arrived for so long
   * @returns false when it gave up
   */
  private async awaitReceipts(
    phase: Phase,
    awaited: Awaited,
    stallMs: number,
    consumers = this.consumers,
  ): Promise<boolean> {
    let activity = -1;
    let lastMove = this.clock.now();
    while (this.abort.error === undefined) {
      const answers = await Promise.all(consumers.map((worker) => worker.request('progress', {})));
      const done = answers.map((answer) => answer.done[phase]);
      if (hasArrived(awaited, done)) return true;
      const total = answers.reduce((sum, a) => sum + a.activity, 0);
      const now = this.clock.now();
      if (total !== activity) lastMove = now;
      else if (now - lastMove > stallMs * 1e6) {
        await this.requireAnswer();
        return false;
      }
      activity = total;
      await sleep(20);
    }
    return false;
  }

  /** What every worker has, an empty record for one that does not answer; after an abort the producers stop first. */
  private async collect(workers: readonly WorkerProcess[]): Promise<WorkerRecord[]> {
    if (this.abort.error)
      await Promise.allSettled(this.producers.map((worker) => worker.request('stop-sending', {}, 2_000)));
    const { journals } = this;
    if (journals !== undefined) {
      // After a Ctrl-C nobody waits for one that sleeps on purpose: what it knows stands in its journal.
      const timeoutMs = this.abort.error === undefined ? 0 : 2_000;
      const recordOf = async (worker: WorkerProcess): Promise<WorkerRecord> => {
        const fromJournal = (): WorkerRecord =>
          journals.recordOf(this.producers.includes(worker) ? 'producer' : 'consumer', worker.name, worker.killed);
        return worker.killed ? fromJournal() : worker.request('collect', {}, timeoutMs).catch(fromJournal);
      };
      return journals.complete(await Promise.all(workers.map(recordOf)));
    }
    return Promise.all(
      workers.map((worker) =>
        worker.request('collect', {}, 30_000).catch((error: unknown) => {
          this.mute ??= asError(error);
          return missingRecord(this.producers.includes(worker) ? 'producer' : 'consumer', this.spread.producers);
        }),
      ),
    );
  }

  private async cleanUp(created: readonly DestinationSpec[]): Promise<string[]> {
    // After an abort nobody waits for acknowledgements that no longer matter.
    const end = (worker: WorkerProcess): Promise<void> => (this.abort.error ? worker.kill() : worker.close());
    await Promise.all(this.producers.map(end));
    await Promise.all([...this.consumers, ...this.readers, ...this.late.map(({ worker }) => worker)].map(end));
    const untidy: string[] = [];
    const timeoutMs = this.silent ? silentDeleteTimeoutMs : deleteTimeoutMs;
    let gaveUp = false;
    for (const spec of created)
      try {
        // One that does not answer is not asked again for each of hundreds of destinations.
        if (gaveUp) throw new BrokerError('it was not asked any more', 'timeout');
        await this.target.control.request('delete-destination', { spec }, timeoutMs);
      } catch (error) {
        gaveUp ||= error instanceof BrokerError && error.kind === 'timeout';
        untidy.push(`${spec.name} could not be deleted from the broker: ${messageOf(error)}`);
      }
    return untidy;
  }
}
