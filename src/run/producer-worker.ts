/** The role that sends: one connection, one producer, one generator. */
import type { Connection, Producer } from '../brokers/adapter.js';
import { hasSubscriptions } from '../brokers/pattern.js';
import { LoadMeter } from '../metrics/load.js';
import { type Mark, Sends } from '../metrics/sends.js';
import { sizeDraw } from '../payload/size-draw.js';
import { isInTurn, isText, payloadVariants } from '../payload/variants.js';
import { meanSize, mostSize } from '../scenario/sizes.js';
import { Deck } from '../patterns/deck.js';
import { Calls } from './calls.js';
import { createClock } from './clock.js';
import { connectAdapter } from './connect.js';
import { EnvelopeWriter } from './envelope.js';
import { Generator } from './generator.js';
import { Printer } from './printer.js';
import type { EventMessage, PhaseAnswer, Progress, Requests, WorkerLook, WorkerRecord } from './protocol.js';
import { Wakeup } from './wakeup.js';

export class ProducerWorker {
  private constructor(
    private readonly connection: Connection,
    private readonly producers: readonly Producer[],
    private readonly generator: Generator,
    private readonly sends: Sends,
    private readonly calls: Calls | undefined,
    private readonly load: LoadMeter,
    private readonly wakeup: Wakeup | undefined,
  ) {}

  static async start(
    ask: Requests['start-producer']['ask'],
    emit: (event: EventMessage) => void,
  ): Promise<ProducerWorker> {
    const { run, index, destinations } = ask;
    const { group, transactionSize, guarantee: promised } = run.publishing ?? {};
    const { adapter, connection } = await connectAdapter(ask.connect, emit);
    const clock = createClock(run.origin);
    const sends = new Sends(run.load.kind !== 'closed');
    let generator: Generator | undefined;
    const producers: Producer[] = [];
    for (const destination of destinations)
      producers.push(
        await connection.createProducer({
          destination: promised === undefined ? destination : { ...destination, guarantee: promised },
          index,
          ...(run.calls ? { onReply: (token: number, body: Buffer) => generator?.replied(token, body) } : {}),
          onSettled: (token, error) => generator?.settled(token, error),
          ...(transactionSize === undefined ? {} : { transactionSize }),
        }),
      );
    const wakeup = run.load.kind !== 'closed' ? new Wakeup(clock, run.origin, () => generator?.pump()) : undefined;
    const printer =
      run.print === undefined
        ? undefined
        : new Printer({ role: `producer ${index}`, limit: run.print, clock, text: isText(run.payload), emit });
    const payloads = payloadVariants(run.payload, mostSize(run.size), run.seed);
    const sizeOf = sizeDraw(run.size, run.seed);
    const openLoop = run.load.kind !== 'closed';
    const calls = run.calls ? new Calls({ run: run.runNumber, index, clock, openLoop, payloads, sizeOf }) : undefined;
    const started = (generator = new Generator({
      routes: printer === undefined ? producers : producers.map((producer) => printer.sending(producer)),
      clock,
      writer: new EnvelopeWriter(run.runNumber, index),
      payloads,
      inTurn: isInTurn(run.payload),
      sizeOf,
      calls,
      meanBytes: meanSize(run.size),
      sends,
      confirms: (promised ?? run.guarantee) !== 'at-most-once',
      load: run.load,
      arrivalSeed: run.arrivalSeed,
      index,
      producers: run.producers,
      partitions:
        adapter.capabilities.partitioned && !hasSubscriptions(destinations[0]?.pattern)
          ? (destinations[0]?.consumers ?? 0)
          : 0,
      deck: run.routes === undefined ? undefined : new Deck(run.routes),
      stallMs: run.stallMs,
      group,
      wakeup,
    }));
    const load = new LoadMeter(() => started.activity, clock);
    return new ProducerWorker(connection, producers, started, sends, calls, load, wakeup);
  }

  send({ phase, extent, startAt }: Requests['send']['ask']): Promise<PhaseAnswer> {
    return this.generator.send(phase, extent, startAt);
  }

  stopSending(): void {
    this.generator.stop();
  }

  beginMeasure(): void {
    this.load.start();
  }

  mark(): Mark {
    return this.sends.mark();
  }

  progress(): Progress {
    return { done: { ...this.generator.done }, activity: this.generator.activity };
  }

  look({ latency }: Requests['look']['ask']): WorkerLook {
    const client = this.connection.clientMetrics?.();
    return {
      role: 'producer',
      done: this.progress().done,
      ...(client === undefined ? {} : { client }),
      ...(latency ? { latency: this.sends.latencySoFar() } : {}),
    };
  }

  collect(): WorkerRecord {
    const { sends, calls, load } = this;
    const replies = calls === undefined ? {} : { replies: calls.replies.record() };
    return { role: 'producer', sends: sends.record(), ...replies, load: load.record() };
  }

  async close(): Promise<void> {
    this.load.stop();
    await this.wakeup?.close();
    await Promise.all(this.producers.map((producer) => producer.close()));
    await this.connection.close();
  }
}
