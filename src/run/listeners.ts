/** One listener that tells several. */
import type { SessionListener } from './session.js';

/** Tells all of them in turn. */
export function tellAll(listeners: readonly SessionListener[]): SessionListener {
  return {
    stage: (...told) => listeners.forEach((one) => one.stage(...told)),
    progress: (...told) => listeners.forEach((one) => one.progress(...told)),
    runBegins: (...told) => listeners.forEach((one) => one.runBegins(...told)),
    runEnds: (...told) => listeners.forEach((one) => one.runEnds(...told)),
    warn: (...told) => listeners.forEach((one) => one.warn(...told)),
    print: (...told) => listeners.forEach((one) => one.print?.(...told)),
    sampled: (...told) => listeners.forEach((one) => one.sampled?.(...told)),
  };
}
