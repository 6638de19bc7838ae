import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../../src/errors.js';
import { answered, connectError, lostError, operationError } from '../../../src/brokers/rabbitmq/errors.js';

const where = 'amqp://broker:5672/orders';
const to = { where, vhost: 'orders', tls: undefined };

/** An error with a code, as Node and amqplib make them. */
function coded(message: string, code: string | number): Error {
  return Object.assign(new Error(message), { code });
}

describe('connectError', () => {
  it.each([
    ['absent', coded('connect ECONNREFUSED 127.0.0.1:5672', 'ECONNREFUSED')],
    ['absent', Object.assign(new AggregateError([new Error('a'), new Error('b')]), { code: 'ECONNREFUSED' })],
    ['absent', coded('getaddrinfo ENOTFOUND broker', 'ENOTFOUND')],
    ['timeout', coded('connect ETIMEDOUT 10.0.0.1:5672', 'ETIMEDOUT')],
    ['refused', coded('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT')],
    ['refused', coded('unable to verify the first certificate', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')],
    ['refused', coded('does not match', 'ERR_TLS_CERT_ALTNAME_INVALID')],
    ['protocol', coded('wrong version number', 'ERR_SSL_WRONG_VERSION_NUMBER')],
    ['other', coded('no start line', 'ERR_OSSL_PEM_NO_START_LINE')],
    ['refused', new Error('Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - …"')],
    ['refused', new Error('Expected ConnectionOpenOk; got <ConnectionClose channel:0>')],
    ['refused', new Error('SASL mechanism PLAIN is not provided by the server')],
    ['protocol', new Error('Socket closed abruptly during opening handshake')],
    ['protocol', coded('read ECONNRESET', 'ECONNRESET')],
    ['protocol', new Error('Invalid frame')],
  ] as const)('is %s for %s', (kind, cause) => {
    const error = connectError(cause, to);
    expect(error).toBeInstanceOf(BrokerError);
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(where);
    expect(error.details.where).toBe(where);
    expect(error.details.hint).toMatch(/\w+ \w+/);
  });

  it('tells a wrong password from another refusal', () => {
    const password = connectError(new Error('Handshake terminated by server: 403 (ACCESS-REFUSED) with …'), to);
    const limit = connectError(new Error('Handshake terminated by server: 530 (NOT-ALLOWED) with …'), to);
    expect(password.message).toContain('password');
    expect(limit.message).not.toContain('password');
    expect(limit.kind).toBe('refused');
  });
});

describe('lostError', () => {
  it('says when the broker was shut down', () => {
    const forced = lostError(coded('Connection closed: 320 (CONNECTION-FORCED) with message "…"', 320), where);
    const broken = lostError(coded('read ECONNRESET', 'ECONNRESET'), where);
    expect([forced.kind, broken.kind]).toEqual(['lost', 'lost']);
    expect(forced.details.hint).not.toBe(broken.details.hint);
  });
});

describe('operationError', () => {
  it.each([
    ['refused', coded('Operation failed: QueueDeclare; 403 (ACCESS-REFUSED) with message "…"', 403)],
    ['other', coded('Operation failed: QueueDeclare; 404 (NOT-FOUND) with message "…"', 404)],
    ['other', coded('Channel closed by server: 406 (PRECONDITION-FAILED) with message "…"', 406)],
    ['lost', new Error('Connection closed (Error: read ECONNRESET)')],
  ] as const)('is %s for %s', (kind, cause) => {
    const error = operationError('make the queue q', cause, where);
    expect(error.kind).toBe(kind);
    expect(error.details.hint).toMatch(/\w+ \w+/);
  });

  it('names the setting for a message that is too large', () => {
    const text = 'PRECONDITION_FAILED - message size 20000000 is larger than configured max size 16777216';
    expect(operationError('take messages', coded(text, 406), where).details.hint).toContain('max_message_size');
  });

  it('leaves a BrokerError as it is', () => {
    const error = new BrokerError('m', 'lost');
    expect(operationError('x', error, where)).toBe(error);
  });
});

describe('answered', () => {
  it('passes the answer on, and the failure', async () => {
    await expect(answered(Promise.resolve(7), 60_000, 'answer', where)).resolves.toBe(7);
    await expect(answered(Promise.reject(new Error('no')), 60_000, 'answer', where)).rejects.toThrow('no');
  });

  it('gives up', async () => {
    const never = new Promise(() => undefined);
    await expect(answered(never, 10, 'answer', where)).rejects.toMatchObject({ kind: 'timeout' });
  });
});
