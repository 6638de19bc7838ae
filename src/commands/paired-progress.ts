/** How far a session of pairs is, for `mqbench serve` and `mqbench monitor`. */
import type { AbListener, PairProgress } from '../ab/session.js';
import type { SideServers } from '../ab/servers.js';
import type { SideName } from '../ab/side.js';
import { brokerAddress } from '../monitor/clients.js';
import { drawingStage } from '../results/progress.js';
import type { LiveSample, RunStage } from '../run/live.js';
import { outcomeText } from './run-outcome.js';
import { ProgressWriter } from './run-progress.js';

/** Beside the display: each word goes to both. How many pairs there will be is known when they are decided. */
export class PairedProgress implements AbListener {
  readonly #writer: ProgressWriter;
  #side: SideName = 'A';
  #stagePrefix = '';

  constructor(
    private readonly display: AbListener,
    draft: { readonly id: string; readonly folder: string },
    scenario: string,
    servers: SideServers,
  ) {
    const sides = ['A', 'B'] as const;
    const brokers = sides.flatMap((side) =>
      [...servers.of[side]].map(([target, { endpoint }]) => [`${side}/${target}`, brokerAddress(endpoint)] as const),
    );
    this.#writer = new ProgressWriter(draft, scenario, new Map(brokers));
  }

  runBegins(unit: string, side: SideName, pair: number | undefined): void {
    this.#side = side;
    this.#stagePrefix = `${unit}, side ${side}, ${pair === undefined ? 'warming the server up' : `pair ${pair}`}: `;
    this.#writer.begins(unit, pair ?? 0, 0, `${this.#stagePrefix}provision`);
    this.display.runBegins(unit, side, pair);
  }

  stage(stage: RunStage): void {
    this.#writer.stage(this.#stagePrefix + stage);
    this.display.stage(stage);
  }

  progress(sent: number, received: number): void {
    this.display.progress(sent, received);
  }

  sampled(target: string, sample: LiveSample): void {
    this.#writer.sampled(`${this.#side}/${target}`, sample);
  }

  pairEnds(progress: PairProgress): void {
    const { unit, pair, a, b } = progress;
    const outcomes = [...(a === undefined ? [] : [`A ${outcomeText(a)}`]), `B ${outcomeText(b)}`];
    this.#writer.ends(unit, pair, outcomes.join('; '));
    this.display.pairEnds(progress);
  }

  warn(text: string): void {
    this.display.warn(text);
  }

  /** Nothing is measured any more; nothing is written after it. */
  async end(): Promise<void> {
    await this.#writer.end(drawingStage);
  }
}
