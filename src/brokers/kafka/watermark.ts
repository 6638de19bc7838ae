/**
 * Which offset of a partition may be committed: Kafka knows no acknowledgement of one message, only "everything
 * before this offset is done", so messages acknowledged out of order wait for the ones before them.
 */
export class Watermark {
  /** First offset that is not done; what a commit says. */
  #next: number;
  /** The offset after the last one delivered. */
  #expected: number;
  #committed: number;
  /** Acknowledged ahead of #next. */
  readonly #ahead = new Set<number>();
  /** Offsets the log does not have (compaction, control records): from the first missing one to the next there is. */
  readonly #gaps = new Map<number, number>();

  /** @param first offset of the first message that is delivered */
  constructor(first: number) {
    this.#next = first;
    this.#expected = first;
    this.#committed = first;
  }

  /** The offset to commit. */
  get offset(): number {
    return this.#next;
  }

  /** Offsets done and not yet committed. */
  get uncommitted(): number {
    return this.#next - this.#committed;
  }

  /** A message is handed out; offsets rise. */
  delivered(offset: number): void {
    if (offset > this.#expected) {
      this.#gaps.set(this.#expected, offset);
      this.#advance();
    }
    if (offset >= this.#expected) this.#expected = offset + 1;
  }

  /** A delivered message is done. Repeating it changes nothing. */
  acknowledge(offset: number): void {
    if (offset === this.#next) {
      this.#next++;
      if (this.#ahead.size > 0 || this.#gaps.size > 0) this.#advance();
    } else if (offset > this.#next) {
      this.#ahead.add(offset);
    }
  }

  /** The broker has confirmed a commit of this offset. */
  committed(offset: number): void {
    if (offset > this.#committed) this.#committed = offset;
  }

  #advance(): void {
    for (;;) {
      const jump = this.#gaps.get(this.#next);
      if (jump !== undefined) {
        this.#gaps.delete(this.#next);
        this.#next = jump;
      } else if (this.#ahead.delete(this.#next)) {
        this.#next++;
      } else {
        return;
      }
    }
  }
}
