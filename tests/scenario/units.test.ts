import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatSize,
  readCount,
  readDuration,
  readRate,
  readSize,
  type Reading,
} from '../../src/scenario/units.js';

const value = (reading: Reading): number | string => (reading.ok ? reading.value : reading.message);

describe('sizes', () => {
  it.each([
    ['0.1KB', 100],
    ['0.5KB', 500],
    ['1KB', 1000],
    ['1kB', 1000],
    ['1KiB', 1024],
    ['1.5KiB', 1536],
    ['1 MB', 1_000_000],
    ['100B', 100],
    ['100', 100],
    [100, 100],
    ['1_000B', 1000],
    ['1.1KB', 1100],
    ['0.3GB', 300_000_000],
  ])('reads %s as %d bytes', (text, bytes) => expect(readSize(text)).toEqual({ ok: true, value: bytes }));

  it.each([
    ['0.5B', 'not a whole number of bytes'],
    ['1XB', 'there is no unit "XB"'],
    ['1Kb', 'there is no unit "Kb"'],
    ['KB', 'is not a size'],
    ['', 'is not a size'],
    ['1e-7', 'not a whole number'],
    [Number.NaN, 'is not a size'],
    [null, 'got nothing'],
    [true, 'got true'],
    [{}, 'got a map'],
    ['1,000B', 'has commas'],
  ])('refuses %s', (text, message) => expect(value(readSize(text))).toContain(message));

  it('suggests the unit that was meant', () => {
    expect(readSize('1Kb')).toMatchObject({ hint: expect.stringContaining('did you mean "kB"') as string });
    expect(readSize('10,000B')).toMatchObject({ hint: 'write "10_000B"' });
  });

  it('reads any whole number of bytes in every unit exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (bytes) => {
        const kilo = `${Math.floor(bytes / 1000)}.${String(bytes % 1000).padStart(3, '0')}`;
        expect(readSize(`${kilo}KB`)).toEqual({ ok: true, value: bytes });
        expect(readSize(`${bytes}KiB`)).toEqual({ ok: true, value: bytes * 1024 });
      }),
    );
  });

  it('writes sizes that it reads again, each in its own way', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 36 }), (bytes) => {
        expect(readSize(formatSize(bytes))).toEqual({ ok: true, value: bytes });
      }),
    );
    expect([100, 500, 999, 1000, 1024, 1500, 2_500_000, 64 * 2 ** 20].map((bytes) => formatSize(bytes))).toEqual([
      '100B',
      '500B',
      '999B',
      '1KB',
      '1KiB',
      '1.5KB',
      '2.5MB',
      '64MiB',
    ]);
  });
});

describe('durations', () => {
  it.each([
    ['30s', 30],
    ['5m', 300],
    ['5min', 300],
    ['500ms', 0.5],
    ['1.5h', 5400],
    ['7d', 604_800],
    [0, 0],
    ['0', 0],
    ['0s', 0],
  ])('reads %s as %d seconds', (text, seconds) => expect(readDuration(text)).toEqual({ ok: true, value: seconds }));

  it('asks for a unit', () => {
    expect(readDuration(30)).toEqual({ ok: false, message: '30 has no unit', hint: 'write for example 30s' });
    expect(value(readDuration('30 sec'))).toContain('there is no unit "sec"');
    expect(value(readDuration('0.5ms'))).toContain('not a whole number of milliseconds');
  });

  it('writes durations that it reads again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 604_800_000 }), (milliseconds) => {
        expect(readDuration(formatDuration(milliseconds / 1000))).toEqual({ ok: true, value: milliseconds / 1000 });
      }),
    );
  });
});

describe('counts and rates', () => {
  it.each([
    ['100_000', 100_000],
    ['100k', 100_000],
    ['1.5k', 1500],
    ['2M', 2_000_000],
    [1e5, 100_000],
    ['1e5', 100_000],
    ['-5', -5],
    [1e300, Number.MAX_SAFE_INTEGER],
  ])('reads %s as %d', (text, count) => expect(readCount(text)).toEqual({ ok: true, value: count }));

  it.each([0.5, '1__0', '_1', '1_', '0x10', '1e999999', '9'.repeat(50), '10 apples', [], Number.POSITIVE_INFINITY])(
    'refuses %s',
    (text) => expect(readCount(text).ok).toBe(false),
  );

  it('reads rates per second only', () => {
    expect(readRate('5000/s')).toEqual({ ok: true, value: 5000 });
    expect(readRate('5k/s')).toEqual({ ok: true, value: 5000 });
    expect(readRate(5000)).toEqual({ ok: false, message: '5000 has no unit', hint: 'write for example 5000/s' });
    expect(readRate('5000/min').ok).toBe(false);
  });

  it('says something short about anything', () => {
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        for (const read of [readSize, readDuration, readCount, readRate]) {
          const reading = read(anything);
          if (reading.ok) expect(Number.isFinite(reading.value)).toBe(true);
          else expect(reading.message).toMatch(/^[^\u0000-\u001f\u007f]{1,200}$/);
        }
      }),
    );
  });
});
