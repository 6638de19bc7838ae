/** The role that sends: one connection, one producer for each destination, one generator. */
import type { Connection, Producer } from '../brokers/adapter.js';
import { hasSubscriptions } from '../brokers/pattern.js';
import { BrokerError, messageOf, serializeError } from '../errors.js';
import { JournalWriter } from '../faults/journal.js';
import { JournaledSends } from '../faults/journaled.js';
import { reopen } from '../faults/reopen.js';
import { LoadMeter } from '../metrics/load.js';
import { type Mark, Sends } from '../metrics/sends.js';
import { sizeDraw } from '../payload/size-draw.js';
import { isInTurn, isText, payloadVariants } from '../payload/variants.js';
import { meanSize, mostSize } from '../scenario/sizes.js';
import { waitUntil } from '../servers/supervised/process.js';
import { Deck } from '../patterns/deck.js';
import { Calls } from './calls.js';
import { createClock } from './clock.js';
import { connectAdapter } from './connect.js';
import { EnvelopeWriter } from './envelope.js';
import { Generator } from './generator.js';
import { Printer } from './printer.js';
import type { EventMessage, PhaseAnswer, Progress, Requests, WorkerLook, WorkerRecord } from './protocol.js';
import { Wakeup } from './wakeup.js';

/** How long a connection that is cut may take to settle what is in flight, in milliseconds. */
const settleTimeoutMs = 10_000;

/** A connection with a producer for each destination. */
interface Line {
  readonly connection: Connection;
  readonly producers: readonly Producer[];
  readonly partitioned: boolean;
}

export class ProducerWorker {
  private readonly clock: ReturnType<typeof createClock>;
  private readonly sends: Sends;
  private readonly journal: JournalWriter | undefined;
  private readonly printer: Printer | undefined;
  private readonly calls: Calls | undefined;
  private generator: Generator | undefined;
  private load: LoadMeter | undefined;
  private wakeup: Wakeup | undefined;
  private line: Line | undefined;
  private closing = false;

  private constructor(
    private readonly ask: Requests['start-producer']['ask'],
    private readonly emit: (event: EventMessage) => void,
  ) {
    const { run, index, resilience } = ask;
    const clock = (this.clock = createClock(run.origin));
    const openLoop = run.load.kind !== 'closed';
    if (resilience === undefined) this.sends = new Sends(openLoop);
    else {
      this.journal = new JournalWriter(resilience.journal);
      this.sends = new JournaledSends(openLoop, index, this.journal);
    }
    if (run.print !== undefined)
      this.printer = new Printer({
        role: `producer ${index}`,
        limit: run.print,
        clock,
        text: isText(run.payload),
        emit,
      });
    if (!run.calls) return;
    const payloads = payloadVariants(run.payload, mostSize(run.size), run.seed);
    const sizeOf = sizeDraw(run.size, run.seed);
    this.calls = new Calls({ run: run.runNumber, index, clock, openLoop, payloads, sizeOf });
  }

  static async start(
    ask: Requests['start-producer']['ask'],
    emit: (event: EventMessage) => void,
  ): Promise<ProducerWorker> {
    const worker = new ProducerWorker(ask, emit);
    const { run, index, destinations, resilience } = ask;
    const { group, guarantee: promised } = run.publishing ?? {};
    const { clock, sends, calls } = worker;
    const line = (worker.line = await worker.open());
    const openLoop = run.load.kind !== 'closed';
    const wakeup = (worker.wakeup = openLoop
      ? new Wakeup(clock, run.origin, () => worker.generator?.pump())
      : undefined);
    const generator = (worker.generator = new Generator({
      routes: line.producers,
      clock,
      writer: new EnvelopeWriter(run.runNumber, index),
      payloads: payloadVariants(run.payload, mostSize(run.size), run.seed),
      inTurn: isInTurn(run.payload),
      sizeOf: sizeDraw(run.size, run.seed),
      calls,
      meanBytes: meanSize(run.size),
      sends,
      confirms: (promised ?? run.guarantee) !== 'at-most-once',
      load: run.load,
      arrivalSeed: run.arrivalSeed,
      index,
      producers: run.producers,
      partitions:
        line.partitioned && !hasSubscriptions(destinations[0]?.pattern) ? (destinations[0]?.consumers ?? 0) : 0,
      deck: run.routes === undefined ? undefined : new Deck(run.routes),
      stallMs: run.stallMs,
      group,
      wakeup,
      ...(resilience === undefined ? {} : { onFailure: (error) => worker.failed(messageOf(error)) }),
    }));
    worker.load = new LoadMeter(() => generator.activity, clock);
    return worker;
  }

  private async open(): Promise<Line> {
    const { ask, emit, printer } = this;
    const { run, index } = ask;
    const { transactionSize, guarantee: promised } = run.publishing ?? {};
    let line: Line | undefined;
    const { connector, connection } = await connectAdapter(ask.connect, (event) => {
      if (event.type !== 'lost' || ask.resilience === undefined) return emit(event);
      if (line !== undefined && line === this.line) this.failed(event.error.message);
    });
    try {
      const producers: Producer[] = [];
      for (const destination of ask.destinations)
        producers.push(
          await connection.createProducer({
            destination: promised === undefined ? destination : { ...destination, guarantee: promised },
            index,
            ...(run.calls ? { onReply: (token: number, body: Buffer) => this.generator?.replied(token, body) } : {}),
            onSettled: (token, error) => this.generator?.settled(token, error),
            ...(transactionSize === undefined ? {} : { transactionSize }),
          }),
        );
      line = {
        connection,
        producers: printer === undefined ? producers : producers.map((producer) => printer.sending(producer)),
        partitioned: connector.capabilities.partitioned,
      };
      return line;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /**
   * A message failed or the connection is gone, in a run with faults. What was in flight is unconfirmed and not sent
   * again: the broker may have it, and nothing was promised. The generator goes on with the next message.
   */
  private failed(why: string): void {
    const { line, generator } = this;
    if (line === undefined || generator === undefined || this.closing) return;
    this.line = undefined;
    generator.hold();
    void this.reconnect(line, generator, why);
  }

  private async reconnect(lost: Line, generator: Generator, why: string): Promise<void> {
    const lostAt = this.clock.now();
    lost.connection.destroy();
    try {
      if (!(await waitUntil(() => generator.unsettled === 0, settleTimeoutMs)))
        throw new BrokerError('The client library did not settle every message of a connection that was cut.', 'other');
      const again = await reopen(
        () => this.open(),
        this.ask.resilience?.giveUpMs ?? 0,
        () => this.closing,
      );
      if (again === undefined) return;
      this.line = again.opened;
      this.emit({ type: 'reconnected', lostAt, backAt: this.clock.now(), attempts: again.attempts, why });
      generator.resume(again.opened.producers);
    } catch (error) {
      this.emit({ type: 'lost', error: serializeError(error) });
    }
  }

  send({ phase, extent, startAt }: Requests['send']['ask']): Promise<PhaseAnswer> {
    return this.role().send(phase, extent, startAt);
  }

  stopSending(): void {
    this.role().stop();
  }

  beginMeasure(): void {
    this.load?.start();
  }

  mark(): Mark {
    return this.sends.mark();
  }

  progress(): Progress {
    return { done: this.role().done, activity: this.role().activity };
  }

  look({ latency }: Requests['look']['ask']): WorkerLook {
    const client = this.line?.connection.clientMetrics?.();
    return {
      role: 'producer',
      done: this.progress().done,
      ...(client === undefined ? {} : { client }),
      ...(latency ? { latency: this.sends.latencySoFar() } : {}),
    };
  }

  collect(): WorkerRecord {
    const { sends, calls } = this;
    this.journal?.flush();
    const replies = calls === undefined ? {} : { replies: calls.replies.record() };
    return { role: 'producer', sends: sends.record(), ...replies, load: this.meter().record() };
  }

  async close(): Promise<void> {
    this.closing = true;
    this.load?.stop();
    await this.wakeup?.close();
    await Promise.all((this.line?.producers ?? []).map((producer) => producer.close()));
    await this.line?.connection.close();
    this.journal?.close();
  }

  private role(): Generator {
    if (this.generator === undefined) throw new Error('the producer has not been started');
    return this.generator;
  }

  private meter(): LoadMeter {
    if (this.load === undefined) throw new Error('the producer has not been started');
    return this.load;
  }
}
