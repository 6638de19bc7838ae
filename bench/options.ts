/** What a suite is and what the command line hands it. */
import { parseArgs } from 'node:util';

export interface SuiteOptions {
  /** Targets named on the command line; undefined for the suite's own choice. */
  readonly targets: readonly string[] | undefined;
  readonly sizeBytes: number;
  /** Pairs or repetitions; undefined for the suite's own choice. */
  readonly pairs: number | undefined;
  readonly seed: number;
  /** Measured messages a run; undefined for as many as the suite wants. */
  readonly messages: number | undefined;
  /** How long each measurement takes; undefined for the suite's own choice. */
  readonly seconds: number | undefined;
  /** Warm-up of each run in seconds; undefined for the suite's own choice. */
  readonly warmup: number | undefined;
  /** `fresh` alone: a first look instead of the whole assignment. */
  readonly quick: boolean;
  readonly signal: AbortSignal;
}

export interface Suite {
  /** One line for the list. */
  readonly summary: string;
  run(options: SuiteOptions): Promise<void>;
}

/** Reads `<suite> [flags]`; without a suite it is `overhead`. */
export function readCommandLine(signal: AbortSignal): { readonly suite: string; readonly options: SuiteOptions } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      target: { type: 'string' },
      size: { type: 'string', default: '100' },
      pairs: { type: 'string' },
      seed: { type: 'string', default: '1' },
      messages: { type: 'string' },
      seconds: { type: 'string' },
      warmup: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  });
  return {
    suite: positionals[0] ?? 'overhead',
    options: {
      targets: values.target?.split(','),
      sizeBytes: positive('size', values.size) ?? 0,
      pairs: positive('pairs', values.pairs),
      seed: positive('seed', values.seed) ?? 0,
      messages: positive('messages', values.messages),
      seconds: positive('seconds', values.seconds),
      warmup: positive('warmup', values.warmup),
      quick: values.quick,
      signal,
    },
  };
}

function positive(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new Error(`--${flag} ${text}: expected a number above 0`);
  return value;
}
