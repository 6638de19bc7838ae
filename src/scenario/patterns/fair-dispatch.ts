/** `fair-dispatch`: every message goes to exactly one of the workers and holds it for as long as it weighs. */
import { z } from 'zod';
import { heaviest, lightest, totalSeconds, type MarkWeights, type Weights } from '../../tasks/weights.js';
import type { Asked, Contradiction } from '../contradictions.js';
import { limits } from '../limits.js';
import { offeredMessages } from '../offered.js';
import { formatCount, formatDuration } from '../units.js';
import { weightsKey } from '../axis-keys.js';
import { axis, duration, fail, list, map, oneOf } from '../values.js';
import { sentence, tooSmall } from './texts.js';
import type { PatternDefinition } from './definition.js';

export interface FairDispatchPattern {
  readonly kind: 'fair-dispatch';
  readonly weights: Weights;
  /** Where several are asked for: each is a cell; the first of them is `weights`. */
  readonly weightings?: readonly Weights[];
}

const byTurn = '{odd: 40ms, even: 1ms}';
const byMarks = '{each: 10ms, texts: ["A hard task #####", "An easy task #"]}';
const weightsShape = {
  odd: duration(limits.weightSeconds).optional(),
  even: duration(limits.weightSeconds).optional(),
  each: duration(limits.weightSeconds).optional(),
  mark: oneOf(['#', '.']).optional(),
  texts: list(sentence(), 'texts', '["A hard task #####", "An easy task #"]', limits.texts, (text) => text).optional(),
};
/** What the messages of some cells weigh. */
export const weights = map(weightsShape, byTurn).transform((given, ctx): Weights => {
  const { odd, even, each, mark = '#', texts } = given;
  const turn = odd !== undefined || even !== undefined;
  const other = (['each', 'mark', 'texts'] as const).find((key) => given[key] !== undefined);
  if (turn && other !== undefined)
    return fail(ctx, `a weight by turn and ${other} exclude each other`, `either ${byTurn} or ${byMarks}`, [other]);
  if (turn && (odd === undefined || even === undefined))
    return fail(ctx, 'is missing', `for example ${byTurn}`, [odd === undefined ? 'odd' : 'even']);
  if (!turn && (each === undefined || texts === undefined))
    return fail(ctx, 'is missing', `either ${byTurn} or ${byMarks}`, [each === undefined ? 'each' : 'texts']);
  const read: Weights = turn
    ? { by: 'turn', oddSeconds: odd as number, evenSeconds: even as number }
    : { by: 'marks', mark, eachSeconds: each as number, texts: texts as string[] };
  const [light, heavy] = [lightest(read), heaviest(read)];
  if (heavy > limits.weightSeconds.max)
    return fail(
      ctx,
      `a message weighs ${formatDuration(heavy)}`,
      `at most ${formatDuration(limits.weightSeconds.max)}`,
    );
  if (light === heavy)
    return fail(ctx, 'all messages weigh the same, and then any dispatch is fair', `for example ${byTurn}`);
  return read;
});

/** The keys valid in the map of weights. */
export const knownWeightKeys: readonly string[] = Object.keys(weightsShape);

const shape = {
  kind: z.literal('fair-dispatch'),
  weights: axis(weights, 'weights', `[${byTurn}, {odd: 80ms, even: 1ms}]`, weightsKey),
};

/** What the work of one run may take, were it shared evenly. */
const mostSeconds = 3600;

/** Weights that stand in the messages' texts. */
function marked({ texts }: MarkWeights, asked: Asked): Contradiction[] {
  const { payload } = asked;
  if (payload === undefined || payload.kind === 'random') return tooSmall(texts, asked);
  return [
    {
      path: ['payload'],
      message: 'the pattern says what the messages hold: the texts whose marks are counted',
      hint: 'remove payload, or write weights: {odd: 40ms, even: 1ms}',
    },
  ];
}

function contradictionsOf({ weights }: FairDispatchPattern, asked: Asked): Contradiction[] {
  const { work, load, guarantee, messages, durationSeconds, producers = 1, consumers, drainSeconds } = asked;
  const found: Contradiction[] = weights.by === 'marks' ? marked(weights, asked) : [];
  if (guarantee === 'at-most-once')
    found.push({
      path: ['guarantee'],
      message: 'under at-most-once nothing is acknowledged, so the broker cannot know which worker is free',
      hint: 'write guarantee: at-least-once',
    });
  if (work !== undefined && work !== 'transfer')
    found.push({
      path: ['work'],
      message: `with work: ${work} workers do not work while messages are sent`,
      hint: 'write work: transfer',
    });
  if (load?.kind === 'walk')
    found.push({
      path: ['load'],
      message: 'a walk over rates looks for a broker that falls behind, and here the workers would',
      hint: 'remove load, or keep one rate',
    });
  if (consumers === 1)
    found.push({ path: ['consumers'], message: 'one worker shares with nobody', hint: 'for example consumers: 2' });
  if (durationSeconds !== undefined && load?.kind === 'closed')
    found.push({
      path: ['duration'],
      message: 'at full speed more work is sent in that time than workers can do in days',
      hint: 'write messages: 100, or give a rate',
    });
  const heavy = heaviest(weights);
  if (drainSeconds !== undefined && heavy >= drainSeconds)
    found.push({
      path: ['drain'],
      message: `after ${formatDuration(drainSeconds)} without a message they count as lost, and one takes ${formatDuration(heavy)}`,
      hint: 'wait longer, or make messages lighter',
    });
  const offered = offeredMessages(asked);
  if (offered !== undefined && consumers !== undefined) {
    const even = (totalSeconds(weights, offered / producers) * producers) / consumers;
    // Workers who keep up with a rate are through with it when it ends, however long that takes.
    const most = Math.max(mostSeconds, durationSeconds ?? 0);
    if (even > most)
      found.push({
        path: [messages === undefined ? 'duration' : 'messages'],
        message: `the work of these ${formatCount(offered)} messages takes ${consumers} workers ${formatDuration(Math.round(even))} even if it is shared evenly`,
        hint: `at most ${formatDuration(most)} a run: send fewer, or make them lighter`,
      });
  }
  return found;
}

export const fairDispatch: PatternDefinition<FairDispatchPattern> = {
  summary: 'every message goes to exactly one of the workers and holds it for as long as it weighs',
  schema: map(shape, `{kind: fair-dispatch, weights: ${byTurn}}`).transform(
    ({ kind, weights: all }): FairDispatchPattern => ({
      kind,
      weights: all[0] as Weights,
      ...(all.length > 1 ? { weightings: all } : {}),
    }),
  ),
  knownKeys: (path) => (path[0] === 'weights' ? knownWeightKeys : Object.keys(shape)),
  destination: () => undefined,
  counted: true,
  contradictions: contradictionsOf,
  text: ({ kind, weights, weightings = [weights] }) => `${kind}: ${weightings.map(weightsText).join('; or ')}`,
};

/** What messages weigh, in words. */
export function weightsText(weights: Weights): string {
  return weights.by === 'turn'
    ? `odd messages take ${formatDuration(weights.oddSeconds)}, even ones ${formatDuration(weights.evenSeconds)}`
    : `${formatDuration(weights.eachSeconds)} for each ${weights.mark} in a message's text`;
}
