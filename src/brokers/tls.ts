/**
 * What a TLS handshake that failed means to a person, the same for every adapter. The words looked for are Node's
 * codes: OpenSSL's X509_V_ERR_* for the server's certificate, and its names of the alerts (RFC 8446, section 6.2) by
 * which a server says what it has against ours.
 */
import { BrokerError } from '../errors.js';
import type { Endpoint } from './adapter.js';

/** Node's codes for a server's certificate that it does not accept. */
const distrust = /^CERT_|^SELF_SIGNED_|^DEPTH_ZERO_|^UNABLE_TO_|^CRL_|^HOSTNAME_MISMATCH|^INVALID_(CA|PURPOSE)|ALTNAME/;

/** Alerts about a client's certificate; a server of TLS 1.2 that misses one may say "handshake failure" only. */
const refusedCertificate = /ALERT_(BAD_|NO_|UNSUPPORTED_)?CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED/;

/**
 * The error for a failed handshake.
 * @param error what Node or the client library reported, as far as it is known
 * @param where the address without credentials
 * @returns undefined when it was not TLS that failed
 */
export function tlsError(
  error: { readonly code?: string | number; readonly message?: string },
  where: string,
  tls: Endpoint['tls'],
): BrokerError | undefined {
  const code = typeof error.code === 'string' ? error.code : '';
  if (distrust.test(code)) return distrustedServer(code, error.message ?? code, where);
  if (code.startsWith('ERR_OSSL_')) {
    return new BrokerError(`The TLS certificate or key for ${where} cannot be read (${code}).`, 'other', {
      where,
      hint: 'Give PEM files: the certificate and the key that belongs to it, without a passphrase.',
    });
  }
  if (!/^ERR_SSL_|^EPROTO$/.test(code)) return undefined;
  const alert = code
    .replace(/^ERR_SSL_((SSLV3|TLSV1|TLSV13)_)?(ALERT_)?/, '')
    .toLowerCase()
    .replaceAll('_', ' ');
  if (refusedCertificate.test(code) || (/HANDSHAKE_FAILURE/.test(code) && tls?.cert === undefined)) {
    return tls?.cert === undefined
      ? new BrokerError(`${where} asks for a client certificate, and none was given (${alert}).`, 'refused', {
          where,
          hint: 'Add one to the address: ?cert=FILE&key=FILE, both PEM.',
        })
      : new BrokerError(`${where} did not accept the client certificate (${alert}).`, 'refused', {
          where,
          hint: 'Give one that is still valid and signed by an authority that the broker trusts, as ?cert=FILE&key=FILE.',
        });
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH|UNEXPECTED_MESSAGE|HTTP_REQUEST/.test(code)) {
    return new BrokerError(`What answers at ${where} does not speak TLS.`, 'protocol', {
      where,
      hint: 'Check that the port is the one for TLS; one without takes amqp://, kafka:// or stomp:// in place of amqps://, kafka+ssl:// or stomp+ssl://.',
    });
  }
  return new BrokerError(`${where} and mqbench could not agree on TLS (${alert}).`, 'protocol', {
    where,
    hint: "Look at the broker's log for the versions and ciphers that it takes.",
  });
}

function distrustedServer(code: string, text: string, where: string): BrokerError {
  const hint = /ALTNAME|HOSTNAME/.test(code)
    ? 'Write the host as the certificate has it, or add that name to the address: ?servername=NAME.'
    : code === 'CERT_HAS_EXPIRED'
      ? "Renew the broker's certificate, or check this machine's clock."
      : 'Add the authority (CA) that signed it to the address: ?ca=FILE, in PEM.';
  return new BrokerError(`The certificate of ${where} is not trusted: ${text.replace(/\.$/, '')}.`, 'refused', {
    where,
    hint,
  });
}
