/**
 * What a message costs whoever works on it. A weight says how long a worker is held, as by a call to somebody else:
 * it waits, and computes nothing.
 */

/** By turn: messages with an odd sequence number cost the one, those with an even one the other. Seconds. */
export interface TurnWeights {
  readonly by: 'turn';
  readonly oddSeconds: number;
  readonly evenSeconds: number;
}

/**
 * By marks: the texts are sent in turn, and a message costs so many seconds for each mark in its text, as in the work
 * queues tutorial of RabbitMQ (https://www.rabbitmq.com/tutorials/tutorial-two-javascript), which counts dots.
 */
export interface MarkWeights {
  readonly by: 'marks';
  readonly mark: '#' | '.';
  readonly eachSeconds: number;
  readonly texts: readonly string[];
}

export type Weights = TurnWeights | MarkWeights;

/** What a message costs, from its place alone: what its sender knows of it. In seconds. */
export function weightAt(weights: Weights, sequence: number): number {
  if (weights.by === 'turn') return sequence % 2 === 1 ? weights.oddSeconds : weights.evenSeconds;
  return weightOf(weights, weights.texts[sequence % weights.texts.length] ?? '');
}

/** What a text costs, in seconds. */
export function weightOf({ mark, eachSeconds }: MarkWeights, text: string): number {
  return (text.split(mark).length - 1) * eachSeconds;
}

/** The costs of the messages that repeat for ever, in seconds. */
function cycleOf(weights: Weights): readonly number[] {
  return weights.by === 'turn'
    ? [weights.evenSeconds, weights.oddSeconds]
    : weights.texts.map((text) => weightOf(weights, text));
}

/** What the first `messages` of one producer cost together, in seconds. */
export function totalSeconds(weights: Weights, messages: number): number {
  const cycle = cycleOf(weights);
  const rest = messages % cycle.length;
  const sum = (costs: readonly number[]): number => costs.reduce((total, cost) => total + cost, 0);
  return ((messages - rest) / cycle.length) * sum(cycle) + sum(cycle.slice(0, rest));
}

/** What the lightest message costs, in seconds. */
export function lightest(weights: Weights): number {
  return Math.min(...cycleOf(weights));
}

/** What the heaviest message costs, in seconds. */
export function heaviest(weights: Weights): number {
  return Math.max(...cycleOf(weights));
}
