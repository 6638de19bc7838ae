/**
 * Request and reply. A reply is the request's body again with a mark in its envelope: whoever sent the request can
 * tell which one it answers and that every byte came back, and never takes a request for a reply.
 */
import { Replies } from '../metrics/calls.js';
import type { InFlight } from '../metrics/sends.js';
import type { SizeDraw } from '../payload/size-draw.js';
import type { Clock } from './clock.js';
import { EnvelopeReader, EnvelopeWriter, payloadIntact, phaseCode, replyMark } from './envelope.js';

/** Makes a server's replies. */
export class ReplyWriter {
  private readonly writers: readonly EnvelopeWriter[];

  constructor(run: number, producers: number) {
    this.writers = Array.from({ length: producers }, (_, producer) => new EnvelopeWriter(run, producer));
  }

  /**
   * The reply to an intact request, in memory of its own.
   * @param envelope the request's, as it was read
   */
  replyTo(body: Buffer, { producer, phase, sequence, intended, actual, payload }: EnvelopeReader): Buffer {
    const reply = Buffer.from(body);
    this.writers[producer]?.write(reply, phase | replyMark, sequence, intended, actual, payload);
    return reply;
  }
}

/** What has happened to the call in a slot. */
const open = 0;
const settled = 1;
const answered = 2;
const over = settled | answered;

export interface CallsOptions {
  readonly run: number;
  /** Which producer this is. */
  readonly index: number;
  readonly clock: Clock;
  readonly openLoop: boolean;
  readonly payloads: readonly Buffer[];
  readonly sizeOf: SizeDraw;
}

/**
 * The calls of one producer. A call is in flight, and keeps its slot, until its request is settled and its reply has
 * come: a slot is what the broker correlates by.
 */
export class Calls {
  readonly replies: Replies;
  /** Requests that are not settled yet. */
  unsettled = 0;
  private readonly states: number[] = [];
  private readonly envelope = new EnvelopeReader();

  constructor(private readonly o: CallsOptions) {
    this.replies = new Replies(o.openLoop);
  }

  /** A request leaves. */
  begin(slot: number): void {
    this.states[slot] = open;
    this.unsettled++;
  }

  /**
   * A request is settled.
   * @param failed nobody may have got it: its slot is never used again, as a reply could come all the same
   */
  settle(slot: number, failed: boolean, inFlight: InFlight): void {
    this.unsettled--;
    if (failed) {
      if (this.states[slot] === answered) inFlight.release(slot);
      else inFlight.retire();
      this.states[slot] = over;
      return;
    }
    this.advance(slot, settled, inFlight);
  }

  /**
   * A reply came.
   * @param phase that is sent now; a reply to an earlier one says nothing of it
   * @returns whether a call of this phase was answered
   */
  reply(slot: number, body: Buffer, phase: number, inFlight: InFlight): boolean {
    const { envelope, replies, o } = this;
    const now = o.clock.now();
    if (!envelope.read(body)) {
      replies.corrupt++;
      return false;
    }
    const { sequence, intended, actual, payload } = envelope;
    const sent = envelope.phase & ~replyMark;
    if (envelope.run !== o.run || envelope.producer !== o.index || envelope.phase === sent) {
      replies.misdirected++;
      return false;
    }
    if (sent !== phase) return false;
    const state = this.states[slot];
    if (inFlight.sequence[slot] !== sequence || state === undefined || (state & answered) !== 0) {
      if (replies.has(sequence)) replies.duplicates++;
      else replies.misdirected++;
      return false;
    }
    if (!payloadIntact(body, o.payloads[payload], o.sizeOf(o.index, sent, sequence))) replies.corrupt++;
    replies.answer(phase === phaseCode.measure, sequence, intended, actual, now);
    this.advance(slot, answered, inFlight);
    return true;
  }

  private advance(slot: number, step: number, inFlight: InFlight): void {
    const state = (this.states[slot] ?? open) | step;
    this.states[slot] = state;
    if (state === over) inFlight.release(slot);
  }
}
