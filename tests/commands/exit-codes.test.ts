import { describe, expect, it } from 'vitest';
import { endWith, worseOf } from '../../src/commands/exit-codes.js';

describe('of two exit codes', () => {
  it.each([
    [0, 6, 6],
    [6, 3, 3],
    [3, 6, 3],
    [3, 130, 130],
    [2, 6, 6],
    [0, 0, 0],
  ] as const)('%i and %i make %i', (a, b, worse) => {
    expect(worseOf(a, b)).toBe(worse);
  });
});

describe('trouble at the end', () => {
  const trouble = new Error('no room');
  it('is the end, unless a promise was broken', () => {
    expect(endWith(0, undefined)).toBe(0);
    expect(() => endWith(0, trouble)).toThrow(trouble);
    expect(() => endWith(6, trouble)).toThrow(trouble);
    expect(endWith(3, trouble)).toBe(3);
  });
});
