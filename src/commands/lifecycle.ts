/** How the process begins and ends: signals, broken pipes, bugs, and an end that comes for certain. */
import { ExitCode, InterruptedError } from '../errors.js';
import { exitCodeFor } from './print-error.js';

/** How long something that forgot to let go may keep a finished process alive, in milliseconds. */
const lingerMs = 3_000;

/** Turns Ctrl-C, SIGTERM and SIGHUP into an abort; a second one ends the process at once. */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    // Workers and local servers notice that our end of their pipe is gone and end by themselves.
    if (controller.signal.aborted) process.exit(ExitCode.interrupted);
    process.stderr.write('\nmqbench: stopping and cleaning up; press Ctrl-C again to end at once\n');
    controller.abort(new InterruptedError());
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return controller.signal;
}

/** `mqbench … | head` closes the pipe early: what is left to say is dropped, what is under way ends in good order. */
export function tolerateClosedPipes(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // EIO: the terminal behind it is gone.
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
  // Nobody is left to be told that nobody can be told anything.
  process.stderr.on('error', () => undefined);
}

/** A file beyond the allowed size (ulimit -f) is to be an error that can be told, not the end of the process. */
export function tolerateFileLimit(): void {
  process.on('SIGXFSZ' as NodeJS.Signals, () => undefined);
}

/** Whatever nobody caught is told like any other bug, without a stack trace. */
export function reportCrashes(print: (error: unknown) => void): void {
  process.on('uncaughtException', (error) => {
    print(error);
    process.exit(exitCodeFor(error));
  });
}

/** Ends the process with this code once its output is out, even when something still holds the event loop. */
export async function end(exitCode: ExitCode): Promise<void> {
  process.exitCode = exitCode;
  for (const stream of [process.stdout, process.stderr])
    if (stream.writable) await new Promise<void>((resolve) => stream.write('', () => resolve()));
  setTimeout(() => process.exit(), lingerMs).unref();
}
