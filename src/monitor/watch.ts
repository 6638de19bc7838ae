/** Looks at several brokers again and again; one that is slow, hung or gone holds up none of the others. */
import { BrokerError, messageOf } from '../errors.js';
import { redact } from '../results/redact.js';
import { readRunClients } from './clients.js';
import { RateKeeper } from './rates.js';
import type { Selection, Source, TargetSample } from './sample.js';

export interface Watched {
  readonly target: string;
  readonly source: Source;
  /** Host and port of the broker. */
  readonly address: string;
}

interface State extends Watched {
  readonly rates: RateKeeper;
  /** The question under way, and since when. */
  pending: Promise<void> | undefined;
  since: number;
  /** The answer to the last question, until it is told. */
  outcome: TargetSample | undefined;
}

export class Watch {
  readonly #states: readonly State[];

  /** @param now a monotonic clock in milliseconds */
  constructor(
    watched: readonly Watched[],
    private readonly selection: Selection,
    /** Where mqbench's own runs that go on are looked for. */
    private readonly results: string,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#states = watched.map(({ target, source, address }) => ({
      target,
      source,
      address,
      rates: new RateKeeper(source.refreshSeconds),
      pending: undefined,
      since: 0,
      outcome: undefined,
    }));
  }

  /**
   * Asks every broker that is not still being asked, and waits for the answers.
   * @param patienceMs after which the others are told without those who have not answered
   * @returns a sample a target, in their order; never rejects
   */
  async look(patienceMs: number): Promise<TargetSample[]> {
    for (const state of this.#states) this.#ask(state);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)));
    await Promise.race([patience, Promise.all(this.#states.flatMap(({ pending }) => pending ?? []))]);
    clearTimeout(timer);
    const clients = await readRunClients(this.results);
    return this.#states.map((state) => {
      const { outcome } = state;
      state.outcome = undefined;
      const own = clients.get(state.address);
      if (outcome !== undefined) return own === undefined ? outcome : { ...outcome, clients: own };
      const seconds = Math.max(1, Math.round((this.now() - state.since) / 1000));
      return { target: state.target, at: new Date().toISOString(), error: `has not answered for ${seconds} s` };
    });
  }

  #ask(state: State): void {
    if (state.pending !== undefined) return;
    state.since = this.now();
    const at = new Date().toISOString();
    const { target } = state;
    state.pending = state.source.read(this.selection).then(
      (reading) => {
        state.outcome = { target, at, sample: state.rates.add(reading, this.now()) };
        state.pending = undefined;
      },
      (error: unknown) => {
        state.outcome = { target, at, error: lineOf(error) };
        state.pending = undefined;
      },
    );
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#states.map(({ source }) => source.close()));
  }
}

/** What went wrong, where, and what to do, on one line. */
function lineOf(error: unknown): string {
  const { where, hint } = error instanceof BrokerError ? error.details : {};
  const message = messageOf(error);
  const place = where === undefined || message.includes(where) ? '' : ` (${where})`;
  return redact(`${message}${place}${hint === undefined ? '' : ` ${hint}`}`);
}
