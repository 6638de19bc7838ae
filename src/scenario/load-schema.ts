/** The key `load`: how messages are offered, in one of five ways. */
import { limits } from './limits.js';
import type { Load, RunLoad } from './types.js';
import { formatCount, readRate } from './units.js';
import { loadKey } from './axis-keys.js';
import { axis, count, duration, fail, list, map, oneOf, quantity, written, writtenSchema } from './values.js';

/** Messages a second. */
export const rate = quantity(readRate, limits.ratePerSecond, (value) => `${formatCount(value)}/s`);

const rampShape = { from: rate, to: rate, over: duration(limits.rampSeconds) };
const burstsShape = { rate, on: duration(limits.burstSeconds), off: duration(limits.burstSeconds) };

const loadShape = {
  mode: oneOf(['full-speed']).optional(),
  inFlight: count(limits.inFlight).optional(),
  rate: rate.optional(),
  ramp: map(rampShape, '{from: 100/s, to: 5000/s, over: 60s}').optional(),
  bursts: map(burstsShape, '{rate: 5000/s, on: 1s, off: 4s}').optional(),
  rates: list(rate, 'rates', '[500/s, 1000/s, 2000/s]', limits.rates, (value) => value).optional(),
  arrivals: oneOf(['constant', 'poisson']).optional(),
};

/** Messages in flight per producer at full speed where the file does not say. */
const defaultInFlight = 5_000;

const openKinds = ['rate', 'ramp', 'bursts', 'rates'] as const;

const one = map(loadShape, '{rate: 2000/s}').transform((value, ctx): Load => {
  const [kind, other] = openKinds.filter((key) => value[key] !== undefined);
  if (kind === undefined) {
    if (value.arrivals !== undefined)
      return fail(
        ctx,
        'full speed has no arrivals: messages leave as fast as the broker confirms',
        'remove arrivals, or give a rate, a ramp, bursts or rates',
        ['arrivals'],
      );
    return { kind: 'closed', inFlight: value.inFlight ?? defaultInFlight };
  }
  if (other !== undefined)
    return fail(ctx, `${kind} and ${other} exclude each other`, `keep either ${kind} or ${other}`, [other]);
  if (value.mode !== undefined)
    return fail(ctx, `full speed and ${kind} exclude each other`, `keep either mode or ${kind}`, ['mode']);
  if (value.inFlight !== undefined)
    return fail(ctx, `inFlight belongs to full speed; ${kind} has no window`, `remove inFlight or ${kind}`, [
      'inFlight',
    ]);
  const arriving = value.arrivals === 'poisson' ? { arrivals: value.arrivals } : {};
  if (value.ramp) {
    const { from, to, over } = value.ramp;
    if (from === to)
      return fail(ctx, 'the ramp ends at the rate where it begins', 'write rate: … for one rate', ['ramp', 'to']);
    return { kind: 'ramp', fromPerSecond: from, toPerSecond: to, overSeconds: over, ...arriving };
  }
  if (value.bursts) {
    const { rate: perSecond, on, off } = value.bursts;
    return { kind: 'bursts', perSecond, onSeconds: on, offSeconds: off, ...arriving };
  }
  if (value.rates) {
    const rates = value.rates;
    const falls = rates.findIndex((at, i) => i > 0 && at < (rates[i - 1] as number));
    if (falls > 0)
      return fail(
        ctx,
        `a walk goes upwards, and ${formatCount(rates[falls] as number)}/s stands after ${formatCount(rates[falls - 1] as number)}/s`,
        'list the rates from the lowest to the highest',
        ['rates', falls],
      );
    return { kind: 'walk', ratesPerSecond: rates, ...arriving };
  }
  return { kind: 'rate', perSecond: value.rate as number, ...arriving };
});

/** The load of some cells: a walk makes cells of its own, all of them. */
export const runLoad = one
  .transform((value, ctx): RunLoad =>
    value.kind === 'walk'
      ? fail(
          ctx,
          'a walk over rates makes a cell of each by itself and stands alone',
          'write load: {rates: […]} and no list, or list loads of one rate each: [{rate: 500/s}, {rate: 1000/s}]',
          ['rates'],
        )
      : value,
  )
  .register(written, () => {
    const schema = writtenSchema(one);
    const properties = Object.entries(schema.properties ?? {}).filter(([name]) => name !== 'rates');
    return { ...schema, properties: Object.fromEntries(properties) };
  });

/** How messages are offered. */
export const load = axis<Load>(
  one,
  'loads',
  '[{inFlight: 1000}, {rate: 2000/s}]',
  (value) => (value.kind === 'walk' ? value : loadKey(value)),
  runLoad,
);

/** The keys valid in the map at a path below `load`. */
export function knownLoadKeys(path: readonly (string | number)[]): readonly string[] {
  if (path[0] === 'ramp') return Object.keys(rampShape);
  if (path[0] === 'bursts') return Object.keys(burstsShape);
  return Object.keys(loadShape);
}
