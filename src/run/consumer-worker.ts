/** The role that receives: one connection, one consumer; records every delivery, then acknowledges it. */
import type { Connection, Consumer, Delivery, OnMessage } from '../brokers/adapter.js';
import { BrokerError, serializeError } from '../errors.js';
import { JournalWriter, readJournal } from '../faults/journal.js';
import { JournaledReceipts } from '../faults/journaled.js';
import { reopen } from '../faults/reopen.js';
import { LoadMeter } from '../metrics/load.js';
import { Receipts } from '../metrics/receipts.js';
import { type SizeDraw, sizeDraw } from '../payload/size-draw.js';
import { isText, payloadVariants } from '../payload/variants.js';
import { mostSize } from '../scenario/sizes.js';
import { Deck } from '../patterns/deck.js';
import { TaskWorker } from '../tasks/worker.js';
import { weightAt, weightOf, type Weights } from '../tasks/weights.js';
import { ReplyWriter } from './calls.js';
import { createClock } from './clock.js';
import { connectAdapter } from './connect.js';
import { envelopeBytes, EnvelopeReader, payloadIntact, type Phase, phaseCode } from './envelope.js';
import { Printer } from './printer.js';
import type { EventMessage, Progress, Requests, WorkerLook, WorkerRecord } from './protocol.js';

/** How long a subscription may take until it is ready, in milliseconds: a Kafka group has to form. */
const readyTimeoutMs = 30_000;

/** A connection with its consumer. */
interface Line {
  readonly connection: Connection;
  /** Undefined once it has been stopped. */
  consumer: Consumer | undefined;
}

export class ConsumerWorker {
  private readonly envelope = new EnvelopeReader();
  private readonly done: Record<Phase, number> = { probe: 0, warmup: 0, measure: 0 };
  private readonly receipts: Receipts;
  private readonly payloads: readonly Buffer[];
  private readonly sizeOf: SizeDraw;
  private readonly clock: ReturnType<typeof createClock>;
  /** Where messages are requests. */
  private readonly replyWriter: ReplyWriter | undefined;
  private activity = 0;
  private readonly load: LoadMeter;
  /** Where messages have weights: does them one by one. */
  private readonly tasks: TaskWorker | undefined;
  private onMessage: OnMessage = () => undefined;
  private line: Line | undefined;
  /** With faults: recorded in memory and not yet in the journal, so not acknowledged either. */
  private readonly held: Delivery[] = [];
  private readonly journal: JournalWriter | undefined;
  private settling = false;
  private closing = false;

  private constructor(
    private readonly ask: Requests['start-consumer']['ask'],
    private readonly emit: (event: EventMessage) => void,
  ) {
    const { run, resilience } = ask;
    const deck = run.routes === undefined ? undefined : new Deck(run.routes);
    const openLoop = run.load.kind !== 'closed';
    if (resilience === undefined) this.receipts = new Receipts(run.producers, openLoop, deck);
    else {
      this.journal = new JournalWriter(resilience.journal);
      const receipts = (this.receipts = new JournaledReceipts(run.producers, openLoop, this.journal, deck));
      for (const path of resilience.earlier) receipts.restore(readJournal(path));
    }
    this.payloads = payloadVariants(run.payload, mostSize(run.size), run.seed);
    if (run.calls) this.replyWriter = new ReplyWriter(run.runNumber, run.producers);
    this.sizeOf = sizeDraw(run.size, run.seed);
    this.clock = createClock(run.origin);
    this.load = new LoadMeter(() => this.activity, this.clock);
    if (run.weights !== undefined) this.tasks = new TaskWorker(() => this.clock.now());
  }

  static async start(
    ask: Requests['start-consumer']['ask'],
    emit: (event: EventMessage) => void,
  ): Promise<ConsumerWorker> {
    const worker = new ConsumerWorker(ask, emit);
    const { weights, print } = ask.run;
    const onMessage: OnMessage =
      weights === undefined
        ? (delivery) => worker.receive(delivery)
        : (delivery) => worker.receiveTask(delivery, weights);
    worker.onMessage =
      print === undefined
        ? onMessage
        : new Printer({
            role: `consumer ${ask.index}`,
            limit: print,
            clock: worker.clock,
            text: isText(ask.run.payload),
            emit,
          }).receiving(onMessage);
    worker.line = ask.resumes === true ? (await worker.openAgain()).opened : await worker.open(false);
    return worker;
  }

  /** @throws whatever kept it out until the time to come back was over */
  private async openAgain(): Promise<{ readonly opened: Line; readonly attempts: number }> {
    const again = await reopen(
      () => this.open(true),
      this.ask.resilience?.giveUpMs ?? 0,
      () => this.closing,
    );
    if (again === undefined) throw new Error('the consumer was closed before it was let in');
    return again;
  }

  private cancelled(reason: string): BrokerError {
    const { index, connect, destination } = this.ask;
    return new BrokerError(`The subscription of consumer ${index} ended: ${reason.replace(/\.$/, '')}.`, 'lost', {
      where: connect.endpoint.url,
      hint: `Look at the broker's log, and whether somebody has deleted ${destination.name}.`,
    });
  }

  /** @param resumes in place of one whose connection was lost */
  private async open(resumes: boolean): Promise<Line> {
    const { ask, emit } = this;
    let line: Line | undefined;
    const lost = (event: EventMessage): void => {
      if (event.type !== 'lost' || ask.resilience === undefined) return emit(event);
      // Before it stands, whoever opens it hears of it; afterwards only the one in use counts.
      if (line !== undefined && line === this.line) void this.reconnect(line, event.error.message);
    };
    const { connection } = await connectAdapter(ask.connect, lost);
    try {
      const consumer = await connection.createConsumer(
        {
          destination: ask.destination,
          index: ask.place,
          prefetch: ask.prefetch,
          ...(resumes ? { resumes } : {}),
          onCancelled: (reason) => lost({ type: 'lost', error: serializeError(this.cancelled(reason)) }),
        },
        this.onMessage,
      );
      await consumer.ready(readyTimeoutMs);
      line = { connection, consumer };
      return line;
    } catch (error) {
      if (resumes) connection.destroy();
      throw error;
    }
  }

  private async reconnect(lost: Line, why: string): Promise<void> {
    const { resilience } = this.ask;
    if (this.closing || resilience === undefined) return;
    const lostAt = this.clock.now();
    this.line = undefined;
    this.settle();
    lost.connection.destroy();
    try {
      const again = await reopen(
        () => this.open(true),
        resilience.giveUpMs,
        () => this.closing,
      );
      if (again === undefined) return;
      this.line = again.opened;
      this.emit({ type: 'reconnected', lostAt, backAt: this.clock.now(), attempts: again.attempts, why });
    } catch (error) {
      this.emit({ type: 'lost', error: serializeError(error) });
    }
  }

  private receive(delivery: Delivery): void {
    const now = this.clock.now();
    const { envelope, receipts } = this;
    const { body } = delivery;
    this.activity++;
    if (!envelope.read(body)) receipts.corrupt++;
    else if (envelope.run !== this.ask.run.runNumber) receipts.foreign++;
    else {
      if (!this.isIntact(body)) receipts.corrupt++;
      else if (this.replyWriter) delivery.reply?.(this.replyWriter.replyTo(body, envelope));
      if (envelope.phase === phaseCode.measure) {
        receipts.measured(envelope, now, delivery.partition, delivery.redelivered, body.length);
      } else if (envelope.phase === phaseCode.warmup) {
        this.done.warmup++;
        if (!this.ask.late) receipts.warmup(now);
      } else this.done.probe++;
    }
    this.acknowledge(delivery);
  }

  /** Into the journal first, where there is one: what is acknowledged and nobody remembers would count as lost. */
  private acknowledge(delivery: Delivery): void {
    if (this.journal === undefined) {
      delivery.acknowledge();
      return;
    }
    this.held.push(delivery);
    if (this.settling) return;
    this.settling = true;
    setImmediate(() => this.settle());
  }

  private settle(): void {
    this.settling = false;
    if (this.receipts instanceof JournaledReceipts) this.receipts.flush();
    for (const delivery of this.held.splice(0)) delivery.acknowledge();
  }

  /** Whether the body whose envelope was read last has the size and the payload that were sent. */
  private isIntact(body: Buffer): boolean {
    const { payload, producer, phase, sequence } = this.envelope;
    return payloadIntact(body, this.payloads[payload], this.sizeOf(producer, phase, sequence));
  }

  /** A message counts as received when its work is done; those of other phases cost nothing. */
  private receiveTask(delivery: Delivery, weights: Weights): void {
    const { envelope, receipts, clock } = this;
    const { body, partition, redelivered } = delivery;
    const mine = envelope.read(body) && envelope.run === this.ask.run.runNumber && envelope.phase === phaseCode.measure;
    if (!mine || !this.isIntact(body)) {
      this.receive(delivery);
      return;
    }
    const { producer, sequence, intended, actual } = envelope;
    const bytes = body.length;
    this.activity++;
    this.tasks?.take({
      seconds:
        weights.by === 'turn' ? weightAt(weights, sequence) : weightOf(weights, body.toString('utf8', envelopeBytes)),
      done: () => {
        this.activity++;
        receipts.measured({ producer, sequence, intended, actual }, clock.now(), partition, redelivered, bytes);
        this.acknowledge(delivery);
      },
    });
  }

  beginMeasure(): void {
    this.load.start();
  }

  progress(): Progress {
    const { done, activity, receipts } = this;
    return { done: { ...done, measure: receipts.unique }, activity, repeats: receipts.mayRepeat };
  }

  look({ latency }: Requests['look']['ask']): WorkerLook {
    const client = this.line?.connection.clientMetrics?.();
    return {
      role: 'consumer',
      done: this.progress().done,
      ...(client === undefined ? {} : { client }),
      ...(latency ? { latency: this.receipts.latencySoFar() } : {}),
    };
  }

  collect(): WorkerRecord {
    const { receipts, load, tasks } = this;
    if (this.journal !== undefined) this.settle();
    return {
      role: 'consumer',
      receipts: receipts.record(),
      load: load.record(),
      ...(tasks === undefined ? {} : { tasks: tasks.record() }),
    };
  }

  async stop(): Promise<void> {
    this.load.stop();
    this.tasks?.stop();
    const { line } = this;
    const consumer = line?.consumer;
    if (line !== undefined) line.consumer = undefined;
    await consumer?.close();
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.stop();
    await this.line?.connection.close();
    this.journal?.close();
  }
}
