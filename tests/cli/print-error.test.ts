import { describe, expect, it } from 'vitest';
import { exitCodeFor, formatError, wantsColour } from '../../src/commands/print-error.js';
import { BrokerError, InterruptedError, ScenarioError, UsageError } from '../../src/errors.js';

const plain = { colour: false, debug: false };

describe('an error as text', () => {
  it('cannot be made to act on the terminal by a name in it', () => {
    const name = 'a\u001b[2J\nb\u202e';
    const errors = [
      new UsageError(name, { where: name, hint: name }),
      new ScenarioError(name, [{ key: name, message: name, hint: name }]),
      new Error(name),
    ];
    for (const error of errors) {
      const text = formatError(error, plain);
      expect(text).not.toMatch(/[\u001b\u202e]/);
      expect(text).not.toMatch(/^b/m);
    }
  });

  it('of the operating system is no bug, and has a way out', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    });
    expect(formatError(error, plain)).toMatch(/ENOSPC[^]*hint: Free some space/);
    expect(exitCodeFor(error)).toBe(6);
  });

  it('is one sentence, the place and a hint', () => {
    const error = new UsageError('That is wrong.', { where: '--x', hint: 'Do this.' });
    expect(formatError(error, plain)).toBe('mqbench: That is wrong.\n  where: --x\n  hint: Do this.\n');
    expect(exitCodeFor(error)).toBe(2);
  });

  it('lists the mistakes of a scenario, but not thousands', () => {
    const issues = Array.from({ length: 60 }, (_, n) => ({ line: n + 1, column: 2, key: `k${n}`, message: 'is bad' }));
    const text = formatError(new ScenarioError('a.yaml', issues), plain);
    expect(text).toContain('mqbench: a.yaml has 60 mistakes.\n  a.yaml:1:2 k0: is bad\n');
    expect(text).toMatch(/a\.yaml:50:2 k49: is bad\n {2}and 10 more\n$/);
  });

  it('never shows the password of an address', () => {
    const error = new BrokerError('amqp://me:secret@host did not answer.', 'absent', {
      where: 'amqp://me:secret@host',
    });
    expect(formatError(error, plain)).not.toContain('secret');
    expect(formatError(new Error('amqp://me:secret@host'), { colour: false, debug: true })).not.toContain('secret');
  });

  it('calls anything else a bug, with the stack only for those who ask', () => {
    const error = new TypeError('x is not a function');
    expect(exitCodeFor(error)).toBe(1);
    expect(formatError(error, plain)).toMatch(
      /^mqbench: this is a bug in mqbench: x is not a function\n {2}hint: .*MQBENCH_DEBUG=1/,
    );
    expect(formatError(error, plain)).not.toMatch(/^\s+at /m);
    expect(formatError(error, { colour: false, debug: true })).toMatch(/^\s+at /m);
    expect(formatError('just a text', plain)).toContain('just a text');
  });

  it('gives each kind its exit code', () => {
    expect(exitCodeFor(new InterruptedError())).toBe(130);
    expect(exitCodeFor(new BrokerError('x', 'absent'))).toBe(6);
    expect(exitCodeFor(undefined)).toBe(1);
  });
});

describe('colour', () => {
  it('is for terminals whose owner has not said no', () => {
    expect(wantsColour({ isTTY: true }, {})).toBe(true);
    expect(wantsColour({}, { FORCE_COLOR: '1', CI: '1' })).toBe(false);
    expect(wantsColour({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColour({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
    expect(formatError(new UsageError('x'), { colour: true, debug: false })).toContain('\u001b[');
  });
});
