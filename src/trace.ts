/**
 * What mqbench does, step by step, for `--verbose`. A channel of Node's own, so that no layer needs to be handed a
 * logger, and a step costs nothing where nobody listens.
 */
import { channel, subscribe } from 'node:diagnostics_channel';
import { redact } from './results/redact.js';

const name = 'mqbench:trace';
const steps = channel(name);

/** Tells one step; never called on the path of a message. */
export function trace(text: string): void {
  if (steps.hasSubscribers) steps.publish(text);
}

/**
 * Writes every step from now on as a line with the seconds since mqbench's start; secrets are taken out.
 * @param write gets each line, with its line break
 */
export function showTrace(write: (line: string) => void): void {
  subscribe(name, (text) => {
    write(`${(performance.now() / 1000).toFixed(3).padStart(9)} s  ${redact(String(text))}\n`);
  });
}
