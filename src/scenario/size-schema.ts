/** An entry of `sizes`: one size, or a distribution. */
import { z } from 'zod';
import { limits } from './limits.js';
import type { Size, WeightedSize } from './sizes.js';
import { formatCount, formatSize, readCount, readSize } from './units.js';
import { fail, list, map, quantity, written, writtenSchema } from './values.js';

const fixed = quantity(
  readSize,
  limits.size,
  formatSize,
  `a body carries ${limits.size.min} bytes of run, sequence number and times; allowed: ${formatSize(limits.size.min)} to ${formatSize(limits.size.max)}`,
);

const uniformShape = { from: fixed, to: fixed };
const share = quantity(
  readCount,
  limits.share,
  formatCount,
  `leave out what is never drawn; allowed: ${formatCount(limits.share.min)} to ${formatCount(limits.share.max)}`,
);
const weightShape = { size: fixed, share };

const weights = list(
  map(weightShape, '{size: 100B, share: 9}'),
  'weights',
  '[{size: 100B, share: 9}, {size: 10KB, share: 1}]',
  limits.weights,
  ({ size }) => formatSize(size),
);

const distributionShape = {
  uniform: map(uniformShape, '{from: 100B, to: 1KB}').optional(),
  weighted: weights.optional(),
};

const examples =
  'for example 1KB, {uniform: {from: 100B, to: 1KB}} or {weighted: [{size: 100B, share: 9}, {size: 10KB, share: 1}]}';

const distribution = map(distributionShape, '{uniform: {from: 100B, to: 1KB}}').transform((value, ctx): Size => {
  const { uniform, weighted } = value;
  if (uniform && weighted)
    return fail(ctx, 'uniform and weighted exclude each other', 'make two entries of the list', ['weighted']);
  if (uniform) {
    const { from, to } = uniform;
    if (from >= to)
      return fail(
        ctx,
        `${formatSize(to)} is not more than ${formatSize(from)}`,
        from === to ? `write ${formatSize(from)} for one size` : 'write the smaller one at from',
        ['uniform', 'to'],
      );
    return { kind: 'uniform', from, to };
  }
  if (weighted) return { kind: 'weighted', sizes: inLowestTerms(weighted) };
  return fail(ctx, 'a distribution is uniform or weighted', examples);
});

/** So that what means the same is the same. */
function inLowestTerms(sizes: WeightedSize['sizes']): WeightedSize['sizes'] {
  const divisor = sizes.map(({ share }) => share).reduce(greatestDivisor);
  return sizes.map(({ size, share }) => ({ size, share: share / divisor })).sort((a, b) => a.size - b.size);
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

const readEntry = z.unknown().transform((value, ctx): Size => {
  const schema: z.ZodType<Size> =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? distribution : fixed;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) ctx.addIssue(issue as never);
  return z.NEVER;
});

/** One size or a distribution. */
export const size = readEntry.register(written, () => ({
  anyOf: [writtenSchema(fixed), writtenSchema(distribution)],
}));

/** The keys valid in the map at a path below `sizes`. */
export function knownSizeKeys([, kind, entry]: readonly (string | number)[]): readonly string[] {
  if (kind === 'uniform') return Object.keys(uniformShape);
  if (kind === 'weighted') return entry === undefined ? [] : Object.keys(weightShape);
  return Object.keys(distributionShape);
}
