/** `confirms`: a work queue whose producer waits for confirms in one way after another. */
import { z } from 'zod';
import { confirmModes, type ConfirmMode, hasBatches } from '../../confirms/modes.js';
import type { Asked, Contradiction } from '../contradictions.js';
import { tooMuchHeld } from '../held.js';
import { limits } from '../limits.js';
import { formatCount } from '../units.js';
import { axis, count, list, map, oneOf } from '../values.js';
import type { PatternDefinition } from './definition.js';

export interface ConfirmsPattern {
  readonly kind: 'confirms';
  /** Each is a cell. */
  readonly modes: readonly ConfirmMode[];
  /** Messages of a batch or transaction. */
  readonly batch: number;
  /** Where several are asked for: each is a cell in the modes that have batches; the first of them is `batch`. */
  readonly batches?: readonly number[];
}

const shape = {
  kind: z.literal('confirms'),
  modes: list(
    oneOf(confirmModes),
    'modes',
    '[none, one-by-one, batches, asynchronous]',
    limits.modes,
    (mode) => mode,
  ).prefault([...confirmModes]),
  batch: axis(count(limits.confirmBatch), 'counts', '[10, 100]').prefault(100),
};

function contradictionsOf({ modes, batch, batches = [batch] }: ConfirmsPattern, asked: Asked): Contradiction[] {
  const { load, guarantee, work } = asked;
  const found: Contradiction[] = [];
  if (guarantee === 'at-most-once')
    found.push({
      path: ['guarantee'],
      message: 'under at-most-once nothing is confirmed in any of the modes',
      hint: 'write guarantee: at-least-once; the mode none is without confirms',
    });
  if (load !== undefined && load.kind !== 'closed')
    found.push({
      path: ['load'],
      message: 'at a fixed rate nobody waits for confirms before sending on, so there is nothing to compare',
      hint: 'remove load, or write load: {mode: full-speed, inFlight: 1000}',
    });
  if (work === 'consume')
    found.push({
      path: ['work'],
      message: 'with work: consume nothing is measured while messages are confirmed',
      hint: 'write work: transfer or work: produce',
    });
  if (load?.kind === 'closed' && modes.includes('asynchronous') && load.inFlight <= 1)
    found.push({
      path: ['load', 'inFlight'],
      message: 'with 1 message in flight asynchronous is one by one',
      hint: 'for example inFlight: 1000',
    });
  if (batches.includes(1) && modes.some(hasBatches))
    found.push({
      path: ['pattern', 'batch'],
      message: 'a batch of 1 is one by one',
      hint: 'for example batch: 100, or leave batches and transactions out',
    });
  if (batches.length > 1 && !modes.some(hasBatches))
    found.push({
      path: ['pattern', 'batch'],
      message: 'none of the modes sends by the batch',
      hint: 'add batches or transactions to modes, or remove batch',
    });
  // All of a batch is sent before any of it is waited for.
  const held = modes.some(hasBatches) ? tooMuchHeld(Math.max(...batches), asked) : undefined;
  if (held !== undefined)
    found.push({
      path: ['pattern', 'batch'],
      message: held.message,
      hint: `write a batch of ${held.fits} or less, or smaller sizes`,
    });
  return found;
}

export const confirms: PatternDefinition<ConfirmsPattern> = {
  summary: 'a work queue whose producer waits for confirms in one way after another',
  schema: map(shape, '{kind: confirms, modes: [none, one-by-one, batches, asynchronous], batch: 100}').transform(
    ({ batch: batches, ...rest }): ConfirmsPattern => ({
      ...rest,
      batch: batches[0] as number,
      ...(batches.length > 1 ? { batches } : {}),
    }),
  ),
  knownKeys: () => Object.keys(shape),
  destination: () => undefined,
  contradictions: contradictionsOf,
  text: ({ kind, modes, batch, batches = [batch] }) =>
    `${kind}: ${modes.join(', ')}${modes.some(hasBatches) ? `; batches of ${batches.map(formatCount).join(', ')}` : ''}`,
};
