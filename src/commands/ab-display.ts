/** What a person sees on stderr while pairs are run: a line a pair, and on a terminal one line that is rewritten. */
import { clearLine, cursorTo } from 'node:readline';
import prettyMs from 'pretty-ms';
import type { AbListener, PairProgress } from '../ab/session.js';
import type { SideName } from '../ab/side.js';
import { figureText, intervalText } from '../compare/wording.js';
import type { RunRecord } from '../results/schema.js';
import type { RunStage } from '../run/live.js';

const time = (seconds: number): string => prettyMs(Math.max(1, Math.round(seconds)) * 1000, { compact: true });

export class AbDisplay implements AbListener {
  private readonly terminal: boolean;
  private current = '';

  constructor(private readonly stream: NodeJS.WriteStream) {
    this.terminal = stream.isTTY === true;
  }

  runBegins(unit: string, side: SideName, pair: number | undefined): void {
    this.current = `${pair === undefined ? 'warming the server up' : `pair ${pair}`}  ${unit}  ${side}`;
  }

  stage(stage: RunStage): void {
    // Nothing is drawn while a measured part runs.
    if (stage !== 'drain') this.status(`${this.current}  ${stage}`);
  }

  progress(): void {
    // The pair's own line says all there is to know.
  }

  pairEnds({ unit, pair, a, b, cell, decided, secondsToNext, secondsAtMost }: PairProgress): void {
    const parts = [`pair ${pair}`, unit, ...(a === undefined ? [] : [`A ${speed(a)}`]), `B ${speed(b)}`];
    const throughput = cell?.metrics.find(({ metric }) => metric.id === 'throughput');
    if (throughput !== undefined) {
      const word = decided
        ? throughput.verdict
        : throughput.sequence?.phase === 'confirm'
          ? 'suspected, confirming'
          : 'not decided yet';
      parts.push(`B ÷ A so far ${intervalText(throughput)} of ${figureText(throughput, throughput.medianA)}`, word);
    }
    if (secondsAtMost > 0)
      parts.push(`(about ${time(secondsToNext)} to the next decision, ${time(secondsAtMost)} at most)`);
    this.line(parts.join('  '));
  }

  warn(text: string): void {
    this.line(`warning: ${text}`);
  }

  line(text: string): void {
    this.clear();
    this.stream.write(`${text}\n`);
  }

  /** Removes the status line. */
  clear(): void {
    if (!this.terminal) return;
    cursorTo(this.stream, 0);
    clearLine(this.stream, 0);
  }

  private status(text: string): void {
    if (!this.terminal) return;
    this.clear();
    this.stream.write(text.slice(0, Math.max(20, (this.stream.columns ?? 80) - 1)));
  }
}

function speed({ figures, verdict }: RunRecord): string {
  const rate =
    figures === undefined ? 'no figure' : `${Math.round(figures.throughput).toLocaleString('en')} messages/s`;
  return verdict.status === 'ok' ? rate : `${rate} (${verdict.status.toUpperCase()}: ${verdict.evidence[0] ?? ''})`;
}
