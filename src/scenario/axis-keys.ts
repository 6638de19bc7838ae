/**
 * The words that stand for loads, payloads and weights where a scenario lists several: in ids of cells, file names and
 * tables. Equal values have equal words and different values different ones, wherever they were written.
 */
import type { PayloadSpec } from '../payload/spec.js';
import type { Weights } from '../tasks/weights.js';
import { hashOfJson } from './canonical-json.js';
import type { PayloadRecord } from './payload-record.js';
import type { RunLoad } from './types.js';
import { formatDuration } from './units.js';

/** e.g. `in-flight-5000`, `2000-per-second-poisson`, `100-to-5000-per-second-in-60s`. */
export function loadKey(load: RunLoad): string {
  const arrivals = load.kind !== 'closed' && load.arrivals !== undefined ? `-${load.arrivals}` : '';
  switch (load.kind) {
    case 'closed':
      return `in-flight-${load.inFlight}`;
    case 'rate':
      return `${load.perSecond}-per-second${arrivals}`;
    case 'ramp':
      return `${load.fromPerSecond}-to-${load.toPerSecond}-per-second-in-${durationKey(load.overSeconds)}${arrivals}`;
    case 'bursts':
      return `${load.perSecond}-per-second-${durationKey(load.onSeconds)}-on-${durationKey(load.offSeconds)}-off${arrivals}`;
  }
}

/** e.g. `random`; templates and files by what is in them: `json-3f2a91c0`. */
export function payloadKey(payload: PayloadSpec | PayloadRecord): string {
  switch (payload.kind) {
    case 'json':
      return `json-${digest({ template: payload.template, values: payload.values })}`;
    case 'file':
      return `file-${payload.sha256.slice(0, digits)}`;
    case 'random':
    case 'zeros':
    case 'text':
      return payload.kind;
  }
}

/** e.g. `odd-80ms-even-5ms`; by marks with the texts by what is in them: `20ms-per-mark-3f2a91c0`. */
export function weightsKey(weights: Weights): string {
  return weights.by === 'turn'
    ? `odd-${durationKey(weights.oddSeconds)}-even-${durationKey(weights.evenSeconds)}`
    : `${durationKey(weights.eachSeconds)}-per-mark-${digest([weights.mark, weights.texts])}`;
}

/** Whole milliseconds as people write them, anything finer exactly. */
function durationKey(seconds: number): string {
  const milliseconds = seconds * 1000;
  return Math.abs(milliseconds - Math.round(milliseconds)) < 1e-6 ? formatDuration(seconds) : `${seconds}s`;
}

/** Of a SHA-256 in hex: enough to tell the few values of a list apart. */
const digits = 8;

function digest(value: unknown): string {
  return hashOfJson(value).slice(0, digits);
}
