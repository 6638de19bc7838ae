/**
 * Every error a person can see. Each says what is wrong, where, and what to do, and carries the exit code
 * that the command ends with. Anything else that reaches the top is a bug in mqbench (exit 1).
 */

/** The exit codes of every mqbench command. */
export const ExitCode = {
  ok: 0,
  bug: 1,
  usage: 2,
  regression: 3,
  inconclusive: 4,
  baseline: 5,
  environment: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** An error meant to be read by a person: one sentence, a place, a hint, an exit code; never a stack trace. */
export class MqbenchError extends Error {
  override name = 'MqbenchError';
  constructor(
    /** One sentence on what is wrong, without a trailing line break and without secrets. */
    message: string,
    readonly details: {
      readonly exitCode: ExitCode;
      /** Where: a file with line and key, a flag, an address. */
      readonly where?: string;
      /** What to do about it. */
      readonly hint?: string;
      readonly cause?: unknown;
    },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
  }
  get exitCode(): ExitCode {
    return this.details.exitCode;
  }
}

/** A wrong flag or argument. Exit 2. */
export class UsageError extends MqbenchError {
  override name = 'UsageError';
  constructor(message: string, details: { where?: string; hint?: string } = {}) {
    super(message, { exitCode: ExitCode.usage, ...details });
  }
}

/** One mistake in a scenario file. */
export interface ScenarioIssue {
  /** 1-based; undefined where the mistake has no single place. */
  readonly line?: number;
  readonly column?: number;
  /** Dotted path of the key, e.g. `load.rate`. */
  readonly key?: string;
  readonly message: string;
  readonly hint?: string;
}

/** All mistakes of one scenario file at once. Exit 2, unless the file is not the caller's own. */
export class ScenarioError extends MqbenchError {
  override name = 'ScenarioError';
  constructor(
    readonly file: string,
    readonly issues: readonly ScenarioIssue[],
    exitCode: ExitCode = ExitCode.usage,
  ) {
    super(`${file} has ${issues.length} mistake${issues.length === 1 ? '' : 's'}.`, { exitCode, where: file });
  }
}

const brokerKinds = [
  'absent', // nothing listens there
  'refused', // it answered and would not let us in (credentials, vhost, permissions)
  'protocol', // it answered something that is not its protocol, or nothing at all
  'lost', // the connection broke while in use
  'timeout',
  'unavailable', // the server cannot be had on this machine
  'other',
] as const;
type BrokerErrorKind = (typeof brokerKinds)[number];

/**
 * Something about a broker, its server or the machine: not reachable, wrong password, died, cannot be installed.
 * Exit 6.
 */
export class BrokerError extends MqbenchError {
  override name = 'BrokerError';
  constructor(
    message: string,
    readonly kind: BrokerErrorKind,
    details: { where?: string; hint?: string; cause?: unknown } = {},
  ) {
    super(message, { exitCode: ExitCode.environment, ...details });
  }
}

/** A folder or file that is not a result, is of a newer version, or is damaged. Exit 2. */
export class ResultError extends MqbenchError {
  override name = 'ResultError';
  constructor(message: string, details: { where?: string; hint?: string; cause?: unknown } = {}) {
    super(message, { exitCode: ExitCode.usage, ...details });
  }
}

/** A disk that is full or cannot be written to. Exit 6. */
export class StorageError extends MqbenchError {
  override name = 'StorageError';
  /** @param what cannot be written, e.g. `The report` */
  constructor(what: string, where: string, cause: unknown) {
    super(`${what} cannot be written: ${messageOf(cause)}.`, {
      exitCode: ExitCode.environment,
      where,
      // Not every reason is one of the place's.
      hint: lackOf(cause) ?? 'Check that the place is writable and the disk has room, or name another with --out.',
      cause,
    });
  }
}

/** The way out where it is not the disk that has come to its end. */
function lackOf(error: unknown): string | undefined {
  const { code = '' } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  return ['EMFILE', 'ENFILE', 'ENOMEM', 'EFBIG'].includes(code) ? systemHints[code] : undefined;
}

/** What the operating system refuses, and the way out; by the codes of errno(3). */
const systemHints: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space on the disk.',
  EDQUOT: 'Your share of the disk is used up: free some space.',
  EFBIG: 'The file would be larger than allowed (see ulimit -f).',
  EROFS: 'The disk is read-only: choose another place.',
  EACCES: 'Check the permissions, or choose another place.',
  EPERM: 'Check the permissions, or choose another place.',
  EIO: 'The disk or the terminal behind it fails.',
  EMFILE: 'Too many files are open at once: raise the limit, for example with ulimit -n 1024, and try again.',
  ENFILE: 'Too many files are open on this machine: close other programs and try again.',
  ENOMEM: 'The machine has no memory left: close other programs, or ask for fewer workers or smaller messages.',
  EAGAIN: 'No more processes can be started: raise the limit (ulimit -u), or ask for fewer workers.',
};

/**
 * An error of the operating system that a person can do something about, told as such instead of as a bug; undefined
 * for any other. Exit 6.
 */
export function systemError(error: unknown): MqbenchError | undefined {
  const { code, syscall } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  if (code === 'ERR_MODULE_NOT_FOUND')
    return new MqbenchError(`A part of mqbench could not be loaded: ${messageOf(error)}.`, {
      exitCode: ExitCode.environment,
      // Node looks for a module by opening files, and takes one that cannot be opened for one that is not there.
      hint: 'Install mqbench again; if it is whole, allow more open files (ulimit -n 1024).',
      cause: error,
    });
  const hint =
    syscall === 'uv_cwd' ? 'The working folder is gone: change to one that is there.' : systemHints[code ?? ''];
  if (hint === undefined || syscall === undefined) return undefined;
  return new MqbenchError(`The operating system refused something: ${messageOf(error)}.`, {
    exitCode: ExitCode.environment,
    hint,
    cause: error,
  });
}

/** Ctrl-C or SIGTERM: not a fault, but the command did not finish. Exit 130. */
export class InterruptedError extends MqbenchError {
  override name = 'InterruptedError';
  constructor(message = 'Interrupted.') {
    super(message, { exitCode: ExitCode.interrupted });
  }
}

/** The message of anything that was thrown, on one line. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s*\n\s*/g, ' ');
}

/** Plain data that crosses a process border and becomes the same error again. */
export interface SerializedError {
  readonly message: string;
  readonly broker?: BrokerError['kind'];
  readonly exitCode?: ExitCode;
  readonly where?: string;
  readonly hint?: string;
}

/**
 * What was thrown; a `BrokerError` of another copy of mqbench, as somebody else's adapter may have one installed
 * beside it, as our own.
 */
export function ownError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof MqbenchError || error.name !== 'BrokerError') return error;
  const { kind, details } = error as Partial<BrokerError>;
  if (kind === undefined || !brokerKinds.includes(kind)) return error;
  const { where, hint } = details ?? { where: undefined, hint: undefined };
  return new BrokerError(error.message, kind, {
    ...(typeof where === 'string' ? { where } : {}),
    ...(typeof hint === 'string' ? { hint } : {}),
    cause: error,
  });
}

/** Flattens an error for the channel between processes. */
export function serializeError(thrown: unknown): SerializedError {
  const error = ownError(thrown);
  if (!(error instanceof MqbenchError)) return { message: messageOf(error) };
  return {
    message: error.message,
    exitCode: error.exitCode,
    ...(error instanceof BrokerError ? { broker: error.kind } : {}),
    ...(error.details.where === undefined ? {} : { where: error.details.where }),
    ...(error.details.hint === undefined ? {} : { hint: error.details.hint }),
  };
}

/** The reverse of {@link serializeError}. */
export function deserializeError(plain: SerializedError): Error {
  const place = {
    ...(plain.where === undefined ? {} : { where: plain.where }),
    ...(plain.hint === undefined ? {} : { hint: plain.hint }),
  };
  if (plain.broker !== undefined) return new BrokerError(plain.message, plain.broker, place);
  if (plain.exitCode !== undefined) return new MqbenchError(plain.message, { exitCode: plain.exitCode, ...place });
  return new Error(plain.message);
}
