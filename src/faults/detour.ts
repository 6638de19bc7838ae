/** The proxy between a run's workers and their server, and the endpoint that leads through it. */
import { isIP } from 'node:net';
import type { Endpoint } from '../brokers/adapter.js';
import { hostOf } from '../brokers/host.js';
import { TcpProxy } from '../proxy/tcp-proxy.js';

/** Where the proxy listens. */
const proxyHost = '127.0.0.1';

export interface Detour {
  readonly proxy: TcpProxy;
  readonly endpoint: Endpoint;
}

/**
 * Whether a single proxy can stand in front of it. A certificate is checked against a name: one that is made out to
 * another IP address than the proxy's own would not be trusted.
 */
export function canDetour({ url, tls }: Endpoint): boolean {
  if (!URL.canParse(url) || new URL(url).port === '') return false;
  const host = hostOf(new URL(url));
  return tls === undefined || tls.servername !== undefined || isIP(host) === 0 || host === proxyHost;
}

/** @throws the operating system's error when the proxy cannot listen */
export async function openDetour(endpoint: Endpoint): Promise<Detour> {
  const url = new URL(endpoint.url);
  const host = hostOf(url);
  const proxy = await TcpProxy.listen({ host, port: Number(url.port) });
  const via = { host: proxyHost, port: proxy.port };
  url.host = `${via.host}:${via.port}`;
  const { tls } = endpoint;
  // The certificate is the server's, whichever way leads there.
  const named = tls === undefined || isIP(host) !== 0 ? tls : { ...tls, servername: tls.servername ?? host };
  return { proxy, endpoint: { ...endpoint, url: url.href, via, ...(named === undefined ? {} : { tls: named }) } };
}
