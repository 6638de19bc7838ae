/**
 * Gathers messages into batches and keeps a bounded number of them in flight, with one promise a batch.
 *
 * Order within a partition is kept without the client's help. kafkajs lets one request at a time through a lock, and
 * those that wait there can be let out in another order; it encodes a request over a number of microtasks that grows
 * with its partitions, so a small batch handed over in the same turn can overtake a large one; and a first request
 * to a partition may wait for a connection. Hence a batch leaves in the same turn of the event loop as another only
 * when both have messages for every partition and the first is through the lock, and a batch with a partition not
 * written before travels alone. Batches that leave together arrive together: consumers fetch them at once, which
 * spares them and the broker a third of their requests.
 */

import type { IHeaders } from 'kafkajs';

/** What is handed to the client: only what kafkajs needs of a message. */
export interface OutgoingMessage {
  readonly value: Buffer;
  /** Where there are several topics, which of all their partitions. */
  readonly partition: number;
  readonly headers?: IHeaders;
}

export interface BatcherSpec {
  readonly batchSize: number;
  readonly batchBytes: number;
  readonly maxInFlight: number;
  readonly lingerMs: number;
  /** Added to each body when bytes are counted. */
  readonly overheadBytes: number;
  /**
   * Sends one batch; resolves when it is as safe as the guarantee says.
   * @param taken told when the client takes as long over the rest as it will over another batch of as many partitions
   */
  readonly write: (messages: OutgoingMessage[], taken: () => void) => Promise<void>;
  /** Told once for each message. */
  readonly settle: (token: number, error?: Error) => void;
}

class Batch {
  readonly messages: OutgoingMessage[] = [];
  tokens: number[] = [];
  bytes = 0;
  /** How many partitions it has messages for. */
  partitions = 0;
  /** Has a partition that was not written to before. */
  fresh = false;
  resolve!: () => void;
  readonly done = new Promise<void>((resolve) => {
    this.resolve = resolve;
  });
}

export class Batcher {
  readonly #spec: BatcherSpec;
  /** Takes messages still. */
  #open: Batch | undefined;
  /** Full, waiting for a place in flight. */
  readonly #full: Batch[] = [];
  readonly #unsettled = new Set<Batch>();
  /** By partition: the last batch with a message for it. */
  readonly #lastTo: (Batch | undefined)[] = [];
  /** Partitions written to so far. */
  #partitions = 0;
  #inFlight = 0;
  #freshInFlight = false;
  #due = false;
  #linger: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;
  #ended: Error | undefined;

  constructor(spec: BatcherSpec) {
    this.#spec = spec;
  }

  /** Takes one message; it settles later, or at once with the error after {@link end}. */
  add(value: Buffer, token: number, partition: number, headers?: IHeaders): void {
    if (this.#ended) {
      this.#spec.settle(token, this.#ended);
      return;
    }
    const size = value.length + this.#spec.overheadBytes;
    if (this.#open && this.#open.bytes + size > this.#spec.batchBytes) this.#seal();
    const batch = this.#open ?? this.#start();
    batch.messages.push(headers === undefined ? { value, partition } : { value, partition, headers });
    batch.bytes += size;
    const last = this.#lastTo[partition];
    if (last !== batch) {
      this.#lastTo[partition] = batch;
      batch.partitions++;
      if (last === undefined) {
        this.#partitions++;
        batch.fresh = true;
      }
    }
    if (batch.tokens.push(token) >= this.#spec.batchSize) this.#seal();
  }

  /** Sends what is gathered without lingering; resolves when everything taken so far has settled. */
  async flush(): Promise<void> {
    if (this.#open) this.#seal();
    await Promise.all(Array.from(this.#unsettled, (batch) => batch.done));
  }

  /** Settles everything with this error and takes no more. Idempotent. */
  end(error: Error): void {
    if (this.#ended) return;
    this.#ended = error;
    clearTimeout(this.#linger);
    clearImmediate(this.#turn);
    this.#open = undefined;
    this.#full.length = 0;
    for (const batch of [...this.#unsettled]) this.#settle(batch, error);
  }

  #start(): Batch {
    const batch = new Batch();
    this.#open = batch;
    this.#unsettled.add(batch);
    if (this.#spec.lingerMs === 0) {
      this.#due = true;
      this.#pump();
    } else {
      this.#linger = setTimeout(() => {
        this.#due = true;
        this.#pump();
      }, this.#spec.lingerMs);
    }
    return batch;
  }

  /** Ends the open batch and queues it. */
  #seal(): void {
    this.#full.push(this.#take());
    this.#pump();
  }

  #take(): Batch {
    const batch = this.#open!;
    this.#open = undefined;
    this.#due = false;
    clearTimeout(this.#linger);
    return batch;
  }

  /** The batch that may leave now: none while one with a new partition is under way or would have company. */
  #next(): Batch | undefined {
    if (this.#inFlight >= this.#spec.maxInFlight || this.#freshInFlight) return undefined;
    const batch = this.#full[0] ?? (this.#due ? this.#open : undefined);
    return batch?.fresh === true && this.#inFlight > 0 ? undefined : batch;
  }

  #pump(): void {
    if (this.#turn !== undefined || this.#next() === undefined) return;
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      const batch = this.#next();
      if (batch !== undefined) this.#leave(batch);
    });
  }

  #leave(batch: Batch): void {
    if (batch === this.#open) this.#take();
    else this.#full.shift();
    this.#write(batch, () => {
      const next = this.#next();
      if (next !== undefined && this.#isComplete(batch) && this.#isComplete(next)) this.#leave(next);
    });
    this.#pump();
  }

  /** Whether it has messages for every partition there is, so that kafkajs takes as long over it as over another such. */
  #isComplete(batch: Batch): boolean {
    return !batch.fresh && batch.partitions === this.#partitions;
  }

  #write(batch: Batch, taken: () => void): void {
    this.#inFlight++;
    if (batch.fresh) this.#freshInFlight = true;
    const ended = (error?: Error) => {
      this.#inFlight--;
      if (batch.fresh) this.#freshInFlight = false;
      this.#settle(batch, error);
      this.#pump();
    };
    void this.#spec.write(batch.messages, taken).then(
      () => ended(),
      (error: unknown) => ended(error instanceof Error ? error : new Error(String(error))),
    );
  }

  /** Tells of each message of a batch, once. */
  #settle(batch: Batch, error: Error | undefined): void {
    if (!this.#unsettled.delete(batch)) return;
    const tokens = batch.tokens;
    for (let i = 0; i < tokens.length; i++) this.#spec.settle(tokens[i]!, error);
    batch.resolve();
  }
}
