import { expect, it } from 'vitest';
import { failureOf } from '../../src/ab/side.js';
import { BrokerError, ExitCode, InterruptedError, ScenarioError, UsageError } from '../../src/errors.js';

const checkout = { root: '/tmp/ref/tree' };
const of = (error: unknown, there: typeof checkout | undefined): unknown => failureOf(error, there, ExitCode.baseline);

it('a client library that cannot be had is the side’s, with and without a checkout', () => {
  const error = new BrokerError('npm cannot install it', 'unavailable', { where: 'client=x@9', hint: 'Check it.' });
  for (const there of [checkout, undefined])
    expect(of(error, there)).toMatchObject({
      message: 'npm cannot install it',
      exitCode: 5,
      details: { hint: 'Check it.' },
    });
});

it('what is wrong in a checkout is the side’s; a mistake on the command line stays one', () => {
  const wrong = (where: string) => new UsageError('no adapter', { where });
  expect(of(wrong('/tmp/ref/tree/dist/adapter.js'), checkout)).toMatchObject({ exitCode: 5 });
  expect(of(wrong('/tmp/ref/tree-2/adapter.js'), checkout)).toBeUndefined();
  expect(of(wrong('/home/me/adapter.js'), undefined)).toBeUndefined();
  expect(of(wrong('variant A, options'), checkout)).toBeUndefined();
});

it('a scenario of a checkout keeps its mistakes', () => {
  const issues = [{ line: 1, message: 'is missing' }];
  const error = of(new ScenarioError('/tmp/ref/tree/s.yaml', issues), checkout);
  expect(error).toBeInstanceOf(ScenarioError);
  expect(error).toMatchObject({ exitCode: 5, issues });
  expect(of(new ScenarioError('s.yaml', issues), undefined)).toBeUndefined();
});

it('an interruption and a bug stay what they are', () => {
  expect(of(new InterruptedError(), checkout)).toBeUndefined();
  expect(of(new TypeError('x'), checkout)).toBeUndefined();
});
