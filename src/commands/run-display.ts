/**
 * What a person sees on stderr while a session runs: on a terminal one line that is rewritten, elsewhere a line a
 * run. Nothing is drawn while a measured part runs, so that the display costs the figure nothing.
 */
import { clearLine, cursorTo } from 'node:readline';
import prettyMs from 'pretty-ms';
import { trace } from '../trace.js';
import type { RunRecord } from '../results/schema.js';
import type { RunStage } from '../run/live.js';
import type { SessionListener } from '../run/session.js';
import type { PlannedRun } from '../scenario/types.js';
import { outcomeText } from './run-outcome.js';

const count = (n: number): string => Math.round(n).toLocaleString('en');

export class RunDisplay implements SessionListener {
  private readonly terminal: boolean;
  private place = 0;
  private of = 0;
  private cell = '';
  private currentStage: RunStage = 'provision';
  private rate = '';
  private lastReceived = 0;
  private lastAt = 0;
  private finished = 0;
  private readonly began = Date.now();

  constructor(private readonly stream: NodeJS.WriteStream) {
    this.terminal = stream.isTTY === true;
  }

  runBegins(run: PlannedRun, place: number, of: number): void {
    this.place = place;
    this.of = of;
    this.cell = run.cell.id + (run.discard ? ' (discarded: warms the server up)' : '');
    this.rate = '';
    this.lastReceived = 0;
    this.lastAt = 0;
  }

  stage(stage: RunStage): void {
    this.currentStage = stage;
    trace(`${this.cell}: ${stage}`);
    if (stage !== 'warm up') this.rate = '';
    this.draw();
  }

  progress(_sent: number, received: number): void {
    const now = Date.now();
    if (this.lastAt > 0)
      this.rate = `${count(((received - this.lastReceived) * 1000) / (now - this.lastAt))} messages/s`;
    this.lastReceived = received;
    this.lastAt = now;
    this.draw();
  }

  runEnds(run: PlannedRun, record: RunRecord): void {
    this.finished++;
    trace(`${run.cell.id}: ${outcomeText(record)}`);
    // A discarded run is too short for a figure, and nobody should take it for one.
    const how = run.discard ? '(discarded: warmed the server up)' : `#${run.repetition}  ${outcomeText(record)}`;
    this.line(`run ${this.place}/${this.of}  ${run.cell.id}  ${how}${this.left()}`);
  }

  print(line: string): void {
    this.line(line);
  }

  warn(text: string): void {
    this.line(`warning: ${text}`);
  }

  /** Removes the status line. */
  clear(): void {
    if (!this.terminal) return;
    cursorTo(this.stream, 0);
    clearLine(this.stream, 0);
  }

  /** Time left, once a first run has shown how long one takes. */
  private left(): string {
    const remaining = this.of - this.finished;
    if (remaining <= 0 || this.finished === 0) return '';
    const each = (Date.now() - this.began) / this.finished;
    return `  (about ${prettyMs(each * remaining, { compact: true })} left)`;
  }

  private line(text: string): void {
    this.clear();
    this.stream.write(`${text}\n`);
  }

  private draw(): void {
    if (!this.terminal) return;
    const text = [`run ${this.place}/${this.of}`, this.cell, this.currentStage, this.rate]
      .filter((part) => part !== '')
      .join('  ');
    const line = text + this.left();
    this.clear();
    // One line only: a wrapped line could not be rewritten.
    this.stream.write(line.slice(0, Math.max(20, (this.stream.columns ?? 80) - 1)));
  }
}
