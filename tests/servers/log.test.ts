import { describe, expect, test } from 'vitest';
import { saysPortTaken, tellingLine } from '../../src/servers/supervised/log.js';
import { rabbitmqWarning } from '../../src/servers/versions.js';

describe('a server log', () => {
  test.each([
    'Socket server failed to bind to 127.0.0.1:9092: Address already in use.',
    'Caused by: java.net.BindException: Address already in use (Bind failed)',
    'Failed to start Ranch listener on 127.0.0.1:5672. Reason: eaddrinuse (address already in use)',
    'Error: listen EADDRINUSE: address already in use 127.0.0.1:1',
  ])('says that a port was taken: %s', (line) => {
    expect(saysPortTaken(`INFO starting\n${line}\n`)).toBe(true);
  });

  test('does not say so when all is well', () => {
    expect(saysPortTaken('INFO started TCP listener on 127.0.0.1:5672')).toBe(false);
  });

  test('gives the last line that tells of an error, without secrets', () => {
    const log = 'INFO a\nERROR no way in for me:s3cret\n  at Main.java:1\nINFO bye\n';
    expect(tellingLine(log, ['s3cret'])).toBe('ERROR no way in for me:***');
    expect(tellingLine('INFO a\nINFO bye\n\n', [])).toBe('INFO bye');
    expect(tellingLine('', [])).toBeUndefined();
  });
});

test.each([
  ['3.10.8', 'RabbitMQ 3.10 is no longer supported by its makers'],
  ['4.0.9', 'RabbitMQ 4.0 is no longer supported by its makers'],
  ['4.2.0', undefined],
  ['4.3.6', undefined],
  ['5.0.0', undefined],
  ['unknown', undefined],
])('RabbitMQ %s: %s', (version, warning) => {
  expect(rabbitmqWarning(version)).toBe(warning);
});
