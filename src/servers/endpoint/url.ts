/** The addresses that people give: `scheme://user:password@host:port,host:port/path?ca=file`. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Endpoint } from '../../brokers/adapter.js';
import { UsageError } from '../../errors.js';

/** What an address of each built-in adapter looks like. */
interface Form {
  readonly plain: string;
  /** Undefined where the server speaks no TLS. */
  readonly secure: string | undefined;
  /** Port when none is given, without and with TLS; undefined where one has to be given. */
  readonly ports: { readonly plain: number | undefined; readonly secure: number | undefined };
  readonly severalHosts: boolean;
  readonly path: boolean;
  readonly sasl: boolean;
  /** An HTTP interface tells what the protocol does not: `management=http://host:15672`. */
  readonly management: boolean;
}

const forms = {
  rabbitmq: form('amqp', 'amqps', { plain: 5672, secure: 5671 }, { path: true, management: true }),
  kafka: form('kafka', 'kafka+ssl', { plain: 9092, secure: 9093 }, { severalHosts: true, sasl: true }),
  stomp: form('stomp', 'stomp+ssl', { plain: 61613, secure: 61614 }, { path: true, management: true }),
  memory: form('memory', undefined, { plain: undefined, secure: undefined }, {}),
} as const;

function form(plain: string, secure: string | undefined, ports: Form['ports'], more: Partial<Form>): Form {
  return { plain, secure, ports, severalHosts: false, path: false, sasl: false, management: false, ...more };
}

const encodingProblem =
  'has no proper host and port; in a user name or password, `@ : / ? # ,` are written %40 %3A %2F %3F %23 %2C';

const tlsParameters = ['ca', 'cert', 'key', 'servername'] as const;
const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
type SaslMechanism = (typeof saslMechanisms)[number];

/**
 * Takes an address apart. Credentials are percent-decoded and move out of the url; TLS files are read.
 * No part of the text ever gets into an error: what is wrong with an address may be in the middle of its password.
 * @param text e.g. `amqps://me:secret@host/vhost?ca=ca.pem`, `kafka://a:9092,b:9092`
 * @param adapter decides which schemes and parameters are understood; an adapter of a third party may use any scheme
 * @param where names the place that the address comes from, for errors, e.g. `MQBENCH_KAFKA_URL`
 * @throws UsageError
 */
export function parseEndpoint(text: string, adapter: string, where: string): Endpoint {
  const known = Object.hasOwn(forms, adapter) ? forms[adapter as keyof typeof forms] : undefined;
  let secure = false;
  const fail = (problem: string): never => {
    const hint = `It looks like ${example(known, secure)}.`;
    throw new UsageError(`The address in ${where} ${problem}.`, { where, hint });
  };
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?(#.*)?$/i.exec(text.trim());
  if (match === null) return fail('is not a URL');
  const [, rawScheme = '', authority = '', path = '', query = '', fragment] = match;
  const scheme = rawScheme.toLowerCase();
  if (fragment !== undefined) fail('has a `#` in it, which has to be written %23');
  if (/@/.test(path + query)) fail(encodingProblem);
  secure = known === undefined ? /\+(ssl|tls)$/.test(scheme) : scheme === known.secure;
  if (known !== undefined && scheme !== known.plain && !secure)
    fail(
      known.secure === undefined
        ? `does not begin with ${known.plain}://`
        : `begins with neither ${known.plain}:// nor ${known.secure}://`,
    );
  if (known !== undefined && !known.path && path !== '' && path !== '/')
    fail('has a path, which this broker has no use for');

  const at = authority.lastIndexOf('@');
  const user = at < 0 ? {} : credentials(authority.slice(0, at), fail);
  const hosts = authority.slice(at + 1).split(',');
  if (hosts.length > 1 && known !== undefined && !known.severalHosts)
    fail('names several hosts; this broker takes one');
  const defaultPort = secure ? known?.ports.secure : known?.ports.plain;
  const places = hosts.map((host) => hostAndPort(host, defaultPort, fail));

  const parameters = queryParameters(query, known, fail);
  const tlsGiven = tlsParameters.filter((name) => parameters.has(name));
  if (!secure && tlsGiven.length > 0) {
    fail(
      `has settings for TLS (${tlsGiven.join(', ')}) but a scheme without it${known?.secure === undefined ? '' : `; use ${known.secure}://`}`,
    );
  }
  const sasl = parameters.get('sasl');
  if (sasl !== undefined && !isSaslMechanism(sasl))
    fail(`has an unknown \`sasl\`; it can be ${saslMechanisms.join(', ')}`);
  if (sasl !== undefined && user.username === undefined) fail('names a SASL mechanism but no user');
  const saslMechanism = sasl ?? (known?.sasl === true && user.username !== undefined ? 'plain' : undefined);

  return {
    url: `${scheme}://${places.join(',')}${path}`,
    ...user,
    ...(saslMechanism === undefined ? {} : { saslMechanism: saslMechanism as SaslMechanism }),
    ...(secure ? { tls: tlsSettings(parameters, fail) } : {}),
    ...managementOf(parameters, fail),
  };
}

type Fail = (problem: string) => never;

function credentials(text: string, fail: Fail): { username?: string; password?: string } {
  const colon = text.indexOf(':');
  const username = decode(colon < 0 ? text : text.slice(0, colon), fail);
  if (username === '') return fail('has a password but no user');
  return { username, ...(colon < 0 ? {} : { password: decode(text.slice(colon + 1), fail) }) };
}

function hostAndPort(text: string, defaultPort: number | undefined, fail: Fail): string {
  const [, host, digits] = /^([\w.-]+|\[[0-9a-f:.]+\])(?::(\d+))?$/i.exec(text) ?? [];
  if (host === undefined) {
    return fail(encodingProblem);
  }
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port === undefined) return fail('has no port');
  if (port < 1 || port > 65535) return fail('has a port that is not between 1 and 65535');
  return `${host}:${port}`;
}

function queryParameters(query: string, known: Form | undefined, fail: Fail): Map<string, string> {
  const allowed = [
    ...tlsParameters,
    ...(known === undefined || known.sasl ? ['sasl'] : []),
    ...(known === undefined || known.management ? ['management'] : []),
  ];
  const parameters = new Map<string, string>();
  for (const part of query.split('&').filter((text) => text !== '')) {
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    if (!allowed.includes(name)) fail(`has a parameter that is not known; there are ${allowed.join(', ')}`);
    if (parameters.has(name)) fail(`has \`${name}\` twice`);
    const value = equals < 0 ? '' : decode(part.slice(equals + 1), fail);
    if (value === '') fail(`has an empty \`${name}\``);
    parameters.set(name, value);
  }
  return parameters;
}

function tlsSettings(parameters: ReadonlyMap<string, string>, fail: Fail): NonNullable<Endpoint['tls']> {
  if (parameters.has('cert') !== parameters.has('key')) fail('needs both `cert` and `key` for a client certificate');
  const settings: { -readonly [Name in (typeof tlsParameters)[number]]?: string } = {};
  for (const name of tlsParameters) {
    const value = parameters.get(name);
    if (value !== undefined) settings[name] = name === 'servername' ? value : pem(name, value, fail);
  }
  try {
    // What every client library does with them first; here the error can say whose files they are.
    createSecureContext(settings);
  } catch (error) {
    return fail(`names TLS files that cannot be used: ${problemOf(error as NodeJS.ErrnoException)}`);
  }
  return settings;
}

/** OpenSSL's reasons for refusing a certificate or key, for people; its own words hold nothing of the files. */
function problemOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') return '`key` is not the key of the certificate in `cert`';
  if (/passphrase|bad decrypt|interrupted or cancelled/i.test(message))
    return '`key` is protected by a passphrase; give one without (openssl pkey -in KEY -out NEW)';
  return `a certificate or key is damaged or of an unknown kind (${code ?? message})`;
}

/** Where the broker's HTTP interface is. User, password and TLS files are those of the address itself. */
function managementOf(parameters: ReadonlyMap<string, string>, fail: Fail): { managementUrl?: string } {
  const text = parameters.get('management');
  if (text === undefined) return {};
  if (!URL.canParse(text) || !/^https?:\/\/[^/@]+(\/[^@]*)?$/i.test(text))
    return fail('has a `management` that is not http://host:port or https://host:port');
  return { managementUrl: text };
}

function pem(name: string, path: string, fail: Fail): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return fail(
      `names a file in \`${name}\` that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    );
  }
  return text.includes('-----BEGIN ') ? text : fail(`names a file in \`${name}\` that is not in PEM format`);
}

function decode(text: string, fail: Fail): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return fail('has a `%` that is not followed by two hexadecimal digits; write it as %25');
  }
}

function isSaslMechanism(text: string): text is SaslMechanism {
  return (saslMechanisms as readonly string[]).includes(text);
}

function example(known: Form | undefined, secure: boolean): string {
  if (known === undefined) return 'scheme://user:password@host:port';
  const scheme = (secure ? known.secure : undefined) ?? known.plain;
  const port = (secure ? known.ports.secure : known.ports.plain) ?? 1234;
  const more = known.severalHosts ? `,host2:${port}` : known.path ? '/vhost' : '';
  return `${scheme}://user:password@host:${port}${more}${secure ? '?ca=ca.pem&cert=client.pem&key=client.key' : ''}`;
}
