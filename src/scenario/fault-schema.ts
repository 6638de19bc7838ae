/** The key `faults`: what is broken on purpose in the middle of a run, and when. */
import { z } from 'zod';
import { type Fault, type FaultMoment, faultKinds, faultTraits } from '../faults/fault.js';
import { limits } from './limits.js';
import { show } from './show.js';
import { formatDuration, formatSize, readBandwidth, readDuration, readShare } from './units.js';
import { count, duration, fail, list, map, oneOf, quantity, written } from './values.js';

const readMoment = z.unknown().transform((value, ctx): FaultMoment => {
  if (value === 'filled') return { kind: 'filled' };
  if (typeof value === 'string' && value.trim().endsWith('%')) {
    const reading = readShare(value);
    if (!reading.ok) return fail(ctx, reading.message, reading.hint);
    if (reading.value <= 0 || reading.value >= 1)
      return fail(
        ctx,
        `${show(value)} is not within a run`,
        'a share of the messages lies between 0% and 100%, for example 40%',
      );
    return { kind: 'share', share: reading.value };
  }
  const reading = readDuration(value);
  if (!reading.ok)
    return fail(
      ctx,
      reading.message.replace('a duration', 'a moment'),
      'for example 40% (of the messages), 10s, or filled',
    );
  const { min, max } = limits.faultAfterSeconds;
  if (reading.value < min || reading.value > max)
    return fail(
      ctx,
      `${show(value)} is too ${reading.value < min ? 'small' : 'large'}`,
      `allowed: ${formatDuration(min)} to ${formatDuration(max)}`,
    );
  return { kind: 'after', seconds: reading.value };
});
const moment = readMoment.register(written, () => ({ type: 'string', pattern: '^\\s*(\\d|filled)' }));

const faultShape = {
  at: moment,
  do: oneOf(faultKinds),
  for: duration(limits.faultSeconds).optional(),
  worker: count(limits.faultWorker).optional(),
  latency: duration(limits.faultLatencySeconds).optional(),
  bandwidth: quantity(readBandwidth, limits.faultBandwidth, (value) => `${formatSize(value)}/s`).optional(),
};

const example = '{at: 40%, do: kill-consumer}';

const fault = map(faultShape, example).transform((value, ctx): Fault => {
  const { at, do: kind, for: forSeconds, worker, latency, bandwidth } = value;
  const { of, lasts } = faultTraits[kind];
  if (lasts === 'must' && forSeconds === undefined)
    return fail(ctx, 'is missing', `say how long, for example for: 5s`, ['for']);
  if (lasts === 'never' && forSeconds !== undefined)
    return fail(ctx, `${kind} happens at once and takes no time`, 'remove for', ['for']);
  if (worker !== undefined && of !== 'consumer' && of !== 'producer')
    return fail(ctx, `${kind} does not happen to a worker`, 'remove worker', ['worker']);
  if ((latency !== undefined) !== (kind === 'delay'))
    return latency === undefined
      ? fail(ctx, 'is missing', 'say how long each byte is held each way, for example latency: 50ms', ['latency'])
      : fail(ctx, `${kind} has no latency`, 'remove latency, or write do: delay', ['latency']);
  if ((bandwidth !== undefined) !== (kind === 'throttle'))
    return bandwidth === undefined
      ? fail(ctx, 'is missing', 'say how much passes each way, for example bandwidth: 1MB/s', ['bandwidth'])
      : fail(ctx, `${kind} has no bandwidth`, 'remove bandwidth, or write do: throttle', ['bandwidth']);
  return {
    do: kind,
    at,
    ...(forSeconds === undefined ? {} : { forSeconds }),
    ...(of === 'consumer' || of === 'producer' ? { worker: worker ?? 0 } : {}),
    ...(latency === undefined ? {} : { latencySeconds: latency }),
    ...(bandwidth === undefined ? {} : { bytesPerSecond: bandwidth }),
  };
});

/** What is broken on purpose, in any order. */
export const faults = list(fault, 'faults', `[${example}]`, limits.faults, (one) => JSON.stringify(one));

/** The keys valid in one of the maps of `faults`. */
export const faultKeys: readonly string[] = Object.keys(faultShape);
