import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/errors.js';
import { crashError } from '../../src/run/crash.js';

function thrownFrom(...frames: string[]): Error {
  const error = new TypeError('no such frame');
  error.stack = ['TypeError: no such frame', ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return error;
}

const used = (adapter: string) => ({ adapter, endpoint: { url: 'amqp://host:5672' } });

describe('crashError', () => {
  it.each([
    ['amqplib', 'recvFrame (/app/node_modules/amqplib/lib/connection.js:1:2)'],
    ['@scope/client', '/app/node_modules/@scope/client/index.js:1:2'],
    ['kafkajs', 'decode (/app/node_modules/mqbench/node_modules/kafkajs/src/x.js:1:2)'],
  ])('blames what the server sent when %s throws', (library, frame) => {
    const error = crashError(thrownFrom('Buffer.readInt32BE (node:internal/buffer:1:2)', frame), used('rabbitmq'));
    expect(error).toBeInstanceOf(BrokerError);
    expect(error.message).toBe(
      `${library} could not make sense of what the server at amqp://host:5672 sent: no such frame.`,
    );
  });

  it.each([
    ['our own code', ['receive (/app/dist/run/x.js:1:2)', 'emit (/app/node_modules/amqplib/lib/x.js:1:2)']],
    ['our own code, installed', ['receive (/app/node_modules/mqbench/dist/run/x.js:1:2)']],
    ['nobody known', []],
  ])('leaves an exception of %s a bug', (_who, frames) => {
    const error = thrownFrom(...frames);
    expect(crashError(error, undefined)).toBe(error);
  });

  it.each([
    ['its own code', ['send (/home/me/mine.js:1:2)']],
    ['ours, which it called', ['receive (/app/dist/run/x.js:1:2)']],
    ['its library', ['send (/app/node_modules/theirs/index.js:1:2)']],
  ])('blames somebody else’s adapter for what %s throws', (_who, frames) => {
    const error = crashError(thrownFrom(...frames), used('file:///home/me/mine.js'));
    expect(error).toMatchObject({ message: 'The adapter "/home/me/mine.js" failed: no such frame', kind: 'other' });
    expect((error as BrokerError).details).toMatchObject({
      where: 'amqp://host:5672',
      hint: expect.stringContaining('contract') as string,
    });
  });

  it('makes an error of whatever was thrown', () => {
    expect(crashError('a text', undefined).message).toBe('a text');
  });
});
