/** Puts what several workers tell of into the order in which it happened. */

/** Lines wait so long for earlier ones of other workers, in milliseconds. */
const delayMs = 100;

export class PrintedLines {
  private waiting: { readonly at: number; readonly line: string }[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly show: (line: string) => void) {}

  add(at: number, line: string): void {
    this.waiting.push({ at, line });
    this.timer ??= setTimeout(() => this.flush(), delayMs);
  }

  /** Shows what waits. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const lines = this.waiting.sort((a, b) => a.at - b.at);
    this.waiting = [];
    for (const { line } of lines) this.show(line);
  }
}
