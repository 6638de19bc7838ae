/**
 * Offers one phase's messages to a producer: in a closed loop as fast as its window allows, or on a schedule that
 * nothing holds up. Keeps the times of what is in flight and hands every send and confirm to the record.
 */
import type { Producer } from '../brokers/adapter.js';
import type { Deck } from '../patterns/deck.js';
import { InFlight, type Sends } from '../metrics/sends.js';
import { type SerializedError, serializeError } from '../errors.js';
import type { SizeDraw } from '../payload/size-draw.js';
import { limits } from '../scenario/limits.js';
import type { RunLoad } from '../scenario/types.js';
import { type OpenLoad, warmupLoad } from './arrivals/curve.js';
import { mix, type Schedule, schedule } from './arrivals/schedule.js';
import type { Calls } from './calls.js';
import type { Clock, Nanoseconds } from './clock.js';
import { type EnvelopeWriter, type Phase, phaseCode } from './envelope.js';
import type { PhaseAnswer, PhaseExtent } from './protocol.js';
import type { Wakeup } from './wakeup.js';

/**
 * After so many sends in one turn the event loop gets to read confirms. More than the usual five batches of 1,000: with
 * 256 a Kafka batch took four turns to fill, its linger passed, and smaller batches cost a fifth of the throughput;
 * with 1,024 batches that are confirmed together no longer travelled together.
 */
const burst = 5_120;
/** An open loop stops offering when so many messages are unsettled, or as many bytes as may be: the target has fallen behind. */
const openLoopMessages = 500_000;
/** The probe is a few messages to a broker with nothing else to do: it may stand still for less long, in milliseconds. */
const probeStallMs = 15_000;

export interface GeneratorOptions {
  /** One for each destination; messages go to them in turn. At least one. */
  readonly routes: readonly Producer[];
  readonly clock: Clock;
  readonly writer: EnvelopeWriter;
  readonly sends: Sends;
  /** Whether a settled message was confirmed by the broker, so that its body's memory may carry the next one. */
  readonly confirms: boolean;
  /** Messages are requests: each stays in flight until its reply has come. */
  readonly calls?: Calls | undefined;
  readonly load: RunLoad;
  readonly arrivalSeed: number;
  /** Every payload of the run, as bodies of the largest size. */
  readonly payloads: readonly Buffer[];
  /** Whether message n carries payload n, and from the first again after the last. */
  readonly inTurn: boolean;
  readonly sizeOf: SizeDraw;
  /** Of bodies, on average. */
  readonly meanBytes: number;
  /** This producer's place among all. */
  readonly index: number;
  readonly producers: number;
  /** Partitions of each destination to spread over; 0 where the broker spreads by itself. */
  readonly partitions: number;
  /** The routes that messages take; undefined where all are alike and shared. */
  readonly deck: Deck | undefined;
  readonly stallMs: number;
  /** Closed loop: sends so many, waits until all of them are settled, and only then sends the next; else as each settles. */
  readonly group?: number | undefined;
  /** Open loop only. */
  readonly wakeup: Wakeup | undefined;
  /** Told of every message that was not taken or was lost with its connection. */
  readonly onFailure?: (error: Error) => void;
}

/** A body, and which payload stands behind its envelope. */
interface Body {
  readonly bytes: Buffer;
  readonly payload: number;
}

export class Generator {
  private readonly window: number;
  private readonly open: OpenLoad | undefined;
  private readonly inFlight: InFlight;
  /** By token. A body of its own for each message cost kafkajs' producer a tenth of its throughput in allocation. */
  private readonly bodies: Body[] = [];
  private bodiesMade = 0;
  /**
   * A body of its own for each message: where the sequence number says which payload it carries; and without confirms,
   * since "settled" may then be said while the bytes still wait to be copied.
   */
  private readonly freshBodies: boolean;
  private phase: Phase = 'probe';
  private next = 0;
  private limit = 0;
  private endAt = Infinity;
  private startAt = 0;
  private schedule: Schedule | undefined;
  /** Open loop: when the next message is due, and from when on nothing of this phase is. */
  private due = 0;
  private dueEnd = Infinity;
  private confirmed = 0;
  private confirmedAt: number[] | undefined;
  /** Of this phase. */
  private firstFailure: SerializedError | undefined;
  private pumpScheduled = false;
  private fullSince = 0;
  private lastSettle = 0;
  /** The last settle after which the broker already seemed silent for too long, once. */
  private doubted = -1;
  private flushing = false;
  /** A group is on its way: nothing leaves until all of it is settled. */
  private waiting = false;
  private stalled = false;
  private finish: (() => void) | undefined;
  private routes: readonly Producer[];
  /** Since when nothing is sent because there is no connection; 0 while there is one. */
  private heldSince = 0;
  /** Messages sent by phase, of those before this one. */
  private readonly sentBefore: Record<Phase, number> = { probe: 0, warmup: 0, measure: 0 };
  /** Messages settled. */
  private settledCount = 0;

  constructor(private readonly o: GeneratorOptions) {
    this.freshBodies = !o.confirms || o.inTurn;
    this.routes = o.routes;
    this.open = o.load.kind === 'closed' ? undefined : o.load;
    this.window =
      o.load.kind === 'closed'
        ? (o.group ?? o.load.inFlight)
        : Math.max(1, Math.min(openLoopMessages, Math.floor(limits.inFlightBytes / o.meanBytes)));
    this.inFlight = new InFlight(o.load.kind === 'closed' ? this.window : 4_096);
  }

  /**
   * Sends one phase and waits until everything is settled, or no confirm has come for the stall time.
   * @param startAt when the schedule begins, on the session's clock
   */
  async send(phase: Phase, extent: PhaseExtent, startAt: Nanoseconds): Promise<PhaseAnswer> {
    const { producers, index, clock, arrivalSeed } = this.o;
    this.sentBefore[this.phase] += this.next;
    this.phase = phase;
    this.next = 0;
    this.confirmed = 0;
    this.firstFailure = undefined;
    this.confirmedAt = this.o.deck && Array<number>(this.o.deck.row.length).fill(0);
    this.startAt = startAt;
    this.endAt = this.dueEnd = Infinity;
    this.flushing = this.waiting = this.stalled = false;
    this.limit = 'messages' in extent ? extent.messages : Infinity;
    const end = 'messages' in extent ? Infinity : startAt + extent.durationNs;
    this.schedule = undefined;
    if (this.open && phase !== 'probe') {
      const load = phase === 'warmup' ? warmupLoad(this.open) : this.open;
      this.schedule = schedule(load, { index, producers }, mix(arrivalSeed, phaseCode[phase]));
      this.dueEnd = end;
      this.look(this.schedule);
    } else this.endAt = end;
    const delay = (startAt - clock.now()) / 1e6;
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    this.lastSettle = clock.now();
    const settled = new Promise<void>((resolve) => (this.finish = resolve));
    const watch = setInterval(() => this.watchStall(), 250);
    this.pump();
    await settled;
    clearInterval(watch);
    const unanswered = this.stalled && this.o.calls?.unsettled === 0 ? this.inFlight.size : 0;
    return {
      sent: this.next,
      confirmed: this.confirmed,
      stalled: this.stalled && unanswered === 0,
      unanswered,
      ...(this.confirmedAt === undefined ? {} : { confirmedAt: this.confirmedAt }),
      ...(this.firstFailure === undefined ? {} : { firstFailure: this.firstFailure }),
    };
  }

  /** Sends no more; the phase ends when what is in flight is settled. */
  stop(): void {
    this.limit = Math.min(this.limit, this.next);
    this.checkEnd();
  }

  /** Sends nothing for now. */
  hold(): void {
    if (this.heldSince === 0) this.heldSince = this.o.clock.now();
  }

  /** Goes on with the next message, over new connections. */
  resume(routes: readonly Producer[]): void {
    this.routes = routes;
    const { sends, clock } = this.o;
    // It could not send, through no fault of its own.
    if (this.phase === 'measure' && this.heldSince !== 0) sends.windowFullNs += clock.now() - this.heldSince;
    this.heldSince = 0;
    this.flushing = false;
    this.lastSettle = clock.now();
    this.pump();
  }

  /** Messages sent by phase. */
  get done(): Record<Phase, number> {
    return { ...this.sentBefore, [this.phase]: this.sentBefore[this.phase] + this.next };
  }

  /** Everything sent and settled: stands still when nothing moves. */
  get activity(): number {
    const { probe, warmup, measure } = this.sentBefore;
    return probe + warmup + measure + this.next + this.settledCount;
  }

  /** Messages sent and not settled. */
  get unsettled(): number {
    return this.inFlight.size;
  }

  /** The adapter's onSettled. */
  readonly settled = (token: number, error?: Error): void => {
    const { inFlight, o } = this;
    const now = o.clock.now();
    const measured = this.phase === 'measure';
    const sequence = inFlight.sequence[token] as number;
    if (error) {
      o.sends.fail(measured, error);
      this.firstFailure ??= serializeError(error);
      o.onFailure?.(error);
    } else {
      this.confirmed++;
      if (this.confirmedAt && o.deck) {
        const place = o.deck.placeOf(o.index, sequence);
        this.confirmedAt[place] = (this.confirmedAt[place] as number) + 1;
      }
      o.sends.confirm(measured, sequence, inFlight.intended[token] as number, inFlight.actual[token] as number, now);
    }
    if (o.calls) o.calls.settle(token, error !== undefined, inFlight);
    else inFlight.release(token);
    this.advanced(now);
  };

  /** The adapter's onReply. */
  readonly replied = (token: number, body: Buffer): void => {
    const { inFlight, o } = this;
    o.calls?.reply(token, body, phaseCode[this.phase], inFlight);
    this.advanced(o.clock.now());
  };

  /** Something that was in flight came through: there may be room for more. */
  private advanced(now: Nanoseconds): void {
    const { o } = this;
    this.settledCount++;
    this.lastSettle = now;
    const room = this.waiting ? this.inFlight.size === 0 : this.inFlight.size < this.window;
    if (this.fullSince !== 0 && room) {
      if (this.phase === 'measure') o.sends.windowFullNs += now - this.fullSince;
      this.fullSince = 0;
    }
    if (this.pumpScheduled) return;
    // One pump per turn of the loop, after all confirms that came in one read.
    this.pumpScheduled = true;
    setImmediate(this.pumpLater);
  }

  private readonly pumpLater = (): void => {
    this.pumpScheduled = false;
    this.pump();
  };

  /** Sends what may be sent now. */
  readonly pump = (): void => {
    if (!this.finish || this.heldSince !== 0) return;
    if (this.waiting) {
      if (this.inFlight.size > 0) return;
      this.waiting = false;
    }
    let room = burst;
    while (this.next < this.limit) {
      const now = this.o.clock.now();
      if (now >= this.endAt) {
        this.limit = this.next;
        break;
      }
      const intended = this.schedule ? this.due : now;
      if (intended > now) {
        this.o.wakeup?.at(intended);
        return;
      }
      if (this.inFlight.size >= this.window) {
        if (this.fullSince === 0) this.fullSince = now;
        if (this.o.group !== undefined) this.awaitGroup();
        return;
      }
      if (room-- === 0) {
        if (!this.pumpScheduled) {
          this.pumpScheduled = true;
          setImmediate(this.pumpLater);
        }
        return;
      }
      this.sendOne(intended, now);
    }
    this.checkEnd();
  };

  /** Looks at the next message of the schedule; there is none when it would be due after the phase's end. */
  private look(next: Schedule): void {
    this.due = this.startAt + next();
    if (this.due >= this.dueEnd) this.limit = this.next;
  }

  private sendOne(intended: Nanoseconds, actual: Nanoseconds): void {
    const { o } = this;
    const sequence = this.next++;
    // Nothing was in flight: the broker has been silent because nobody asked it anything.
    if (this.inFlight.size === 0) this.lastSettle = actual;
    const token = this.inFlight.take(sequence, intended, actual);
    const phase = phaseCode[this.phase];
    const { bytes, payload } = this.bodyOf(token, o.sizeOf(o.index, phase, sequence), sequence);
    o.calls?.begin(token);
    o.writer.write(bytes, phase, sequence, intended, actual, payload);
    o.sends.send(this.phase === 'measure', intended, actual, bytes.length);
    const route = sequence % this.routes.length;
    const turn = (sequence - route) / this.routes.length + o.index;
    (this.routes[route] as Producer).send(
      bytes,
      token,
      o.partitions > 0 ? turn % o.partitions : undefined,
      o.deck?.routeOf(o.index, sequence),
    );
    if (this.schedule) this.look(this.schedule);
  }

  /** Pushes out what the client holds back for a batch: nothing more will come to fill it. */
  private awaitGroup(): void {
    this.waiting = true;
    this.flushRoutes();
  }

  private bodyOf(token: number, size: number, sequence: number): Body {
    if (this.freshBodies) return this.newBody(size, sequence);
    const last = this.bodies[token];
    return last?.bytes.length === size ? last : (this.bodies[token] = this.newBody(size, this.bodiesMade++));
  }

  /** A body with memory of its own and the payload whose turn it is. */
  private newBody(size: number, turn: number): Body {
    const { payloads } = this.o;
    const payload = turn % payloads.length;
    return { bytes: Buffer.from((payloads[payload] as Buffer).subarray(0, size)), payload };
  }

  private checkEnd(): void {
    if (!this.finish || this.next < this.limit) return;
    if (this.inFlight.size === 0) {
      const finish = this.finish;
      this.finish = undefined;
      finish();
      return;
    }
    if (this.flushing) return;
    this.flushing = true;
    this.flushRoutes();
  }

  /** What the flush does is seen in the confirms; a connection that breaks meanwhile settles them with an error. */
  private flushRoutes(): void {
    for (const route of this.routes) route.flush().catch(() => undefined);
  }

  private watchStall(): void {
    if (!this.finish || this.inFlight.size === 0 || this.heldSince !== 0) return;
    const stallMs = this.phase === 'probe' ? Math.min(probeStallMs, this.o.stallMs) : this.o.stallMs;
    if (this.o.clock.now() - this.lastSettle < stallMs * 1e6) return;
    // After a turn in which the client or the machine held the event loop up, what came meanwhile is still to be read.
    if (this.doubted !== this.lastSettle) {
      this.doubted = this.lastSettle;
      return;
    }
    this.stalled = true;
    const finish = this.finish;
    this.finish = undefined;
    this.limit = this.next;
    finish();
  }
}
