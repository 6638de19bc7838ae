/** Faults in words. */
import { formatDuration, formatSize } from '../scenario/units.js';
import type { Fault, FaultMoment } from './fault.js';

/** e.g. `kill consumer 1`, `pause broker for 5s`, `delay by 50ms each way`. */
export function faultText({ do: kind, worker, forSeconds, latencySeconds, bytesPerSecond }: Fault): string {
  const lasts = forSeconds === undefined ? '' : ` for ${formatDuration(forSeconds)}`;
  switch (kind) {
    case 'kill-consumer':
    case 'pause-consumer':
    case 'kill-producer':
      return `${kind.replace('-', ' ')} ${worker ?? 0}${kind === 'kill-consumer' && lasts !== '' ? ', gone' : ''}${lasts}`;
    case 'restart-broker':
    case 'kill-broker':
      return `${kind.replace('-', ' ')}${forSeconds === undefined ? '' : `, down${lasts}`}`;
    case 'pause-broker':
      return `pause broker${lasts}`;
    case 'cut-connection':
      return 'cut every connection';
    case 'delay':
      return `delay by ${formatDuration(latencySeconds ?? 0)} each way${lasts}`;
    case 'throttle':
      return `throttle to ${formatSize(bytesPerSecond ?? 0)}/s each way${lasts}`;
  }
}

/** e.g. `at 40%`, `after 10s`, `when the queue is full`. */
export function momentText(at: FaultMoment): string {
  switch (at.kind) {
    case 'share':
      return `at ${Number((at.share * 100).toPrecision(6))} %`;
    case 'after':
      return `after ${formatDuration(at.seconds)}`;
    case 'filled':
      return 'when the queue is filled';
  }
}
