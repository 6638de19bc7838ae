import { describe, expect, it } from 'vitest';
import { tlsError } from '../../src/brokers/tls.js';

const where = 'broker:5671';
const cert = { cert: 'a certificate', key: 'its key' };

describe('tlsError', () => {
  it.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'refused', /not trusted/, /\?ca=/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'refused', /not trusted/, /\?ca=/],
    ['CERT_HAS_EXPIRED', 'refused', /not trusted/, /Renew/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'refused', /not trusted/, /\?servername=/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'protocol', /does not speak TLS/, /port/],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'protocol', /could not agree on TLS \(protocol version\)/, /log/],
    ['EPROTO', 'protocol', /could not agree/, /log/],
  ] as const)('%s is %s', (code, kind, says, hint) => {
    const error = tlsError({ code, message: 'the words.' }, where, {});
    expect(error?.kind).toBe(kind);
    expect(error?.message).toMatch(says);
    expect(error?.message).toMatch(/[^.]\.$/);
    expect(error?.details.hint).toMatch(hint);
  });

  it.each(['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'])(
    '%s tells a missing certificate of ours from one that is not liked',
    (code) => {
      expect(tlsError({ code }, where, {})?.message).toMatch(/asks for a client certificate, and none was given/);
      expect(tlsError({ code }, where, cert)?.message).toMatch(/did not accept the client certificate/);
    },
  );

  it('of TLS 1.2 a bare handshake failure may be a missing certificate, but is not where one was given', () => {
    const failure = { code: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE' };
    expect(tlsError(failure, where, {})?.kind).toBe('refused');
    expect(tlsError(failure, where, cert)?.message).toMatch(/agree on TLS/);
  });

  it('leaves everything else alone', () => {
    expect(tlsError({ code: 'ECONNREFUSED' }, where, {})).toBeUndefined();
    expect(tlsError({ message: 'CERT_ in words only' }, where, {})).toBeUndefined();
    expect(tlsError({ code: 42 }, where, {})).toBeUndefined();
  });
});
