/** Shows what long steps are doing, on stderr: bars on a terminal, one line a step elsewhere. */
import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { ProgressSink } from './provider.js';

/** A sink that can be closed, so that nothing is drawn any more (during a measurement, or at the end). */
export interface ClosableProgress extends ProgressSink {
  close(): void;
}

/** The sink that fits the stream: bars for a terminal, lines for a file, a pipe, or CI. */
export function createProgress(stream: NodeJS.WriteStream): ClosableProgress {
  return stream.isTTY ? bars(stream) : lines(stream);
}

function lines(stream: NodeJS.WritableStream): ClosableProgress {
  return {
    step(what) {
      stream.write(`${what} …\n`);
      return {
        update: () => undefined,
        done: (note) => void stream.write(`${what}: ${note ?? 'done'}\n`),
      };
    },
    close: () => undefined,
  };
}

function bars(stream: NodeJS.WriteStream): ClosableProgress {
  let multi: MultiBar | undefined;
  let open = 0;
  const close = () => {
    multi?.stop();
    multi = undefined;
    open = 0;
  };
  return {
    step(what, total) {
      multi ??= new MultiBar(
        { stream, hideCursor: true, clearOnComplete: false, fps: 5, etaBuffer: 50, emptyOnZero: true },
        Presets.shades_classic,
      );
      const format =
        total === undefined
          ? '{what} {note} ({duration_formatted})'
          : '{what} {bar} {percentage} % of {megabytes} MB, {eta_formatted} left {note}';
      const megabytes = total === undefined ? '' : (total / 1e6).toFixed(1);
      const bar: SingleBar = multi.create(total ?? 1, 0, { what, note: '', megabytes }, { format });
      open += 1;
      let ended = false;
      return {
        update: (done) => bar.update(done),
        done(note) {
          if (ended || multi === undefined) return;
          ended = true;
          bar.update(total ?? 1, { note: note ?? 'done' });
          open -= 1;
          // With nothing under way nothing is drawn, and the timer that draws does not hold the process.
          if (open === 0) close();
        },
      };
    },
    close,
  };
}
