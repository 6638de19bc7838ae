import { describe, expect, it } from 'vitest';
import { heaviest, totalSeconds, weightAt, weightOf, type Weights } from '../../src/tasks/weights.js';

const turns: Weights = { by: 'turn', oddSeconds: 0.04, evenSeconds: 0.001 };
const marks: Weights = { by: 'marks', mark: '#', eachSeconds: 0.01, texts: ['dig ###', 'feed #', 'rest'] };

describe('weights', () => {
  it('cost by turn: the first message is number 0, so even', () => {
    expect([0, 1, 2, 3].map((sequence) => weightAt(turns, sequence))).toEqual([0.001, 0.04, 0.001, 0.04]);
  });

  it('cost by the marks in the text, whose texts come in turn', () => {
    expect([0, 1, 2, 3].map((sequence) => weightAt(marks, sequence))).toEqual([0.03, 0.01, 0, 0.03]);
    expect(weightOf({ ...marks, mark: '.' }, 'First message...')).toBeCloseTo(0.03);
  });

  it.each([turns, marks])('sum up over any number of messages, $by', (weights) => {
    for (const messages of [0, 1, 2, 3, 7, 300]) {
      const each = Array.from({ length: messages }, (_, sequence) => weightAt(weights, sequence));
      expect(totalSeconds(weights, messages)).toBeCloseTo(
        each.reduce((sum, cost) => sum + cost, 0),
        9,
      );
    }
  });

  it('have a heaviest', () => {
    expect(heaviest(turns)).toBe(0.04);
    expect(heaviest(marks)).toBeCloseTo(0.03);
  });
});
