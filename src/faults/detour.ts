/** The proxy between a run's workers and their server, and the endpoint that leads through it. */
import type { Endpoint } from '../brokers/adapter.js';
import { TcpProxy } from '../proxy/tcp-proxy.js';

export interface Detour {
  readonly proxy: TcpProxy;
  readonly endpoint: Endpoint;
}

/** Whether a single proxy can stand in front of it. */
export function canDetour({ url }: Endpoint): boolean {
  return URL.canParse(url) && new URL(url).port !== '';
}

/** @throws the operating system's error when the proxy cannot listen */
export async function openDetour(endpoint: Endpoint): Promise<Detour> {
  const url = new URL(endpoint.url);
  const proxy = await TcpProxy.listen({ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) });
  const via = { host: '127.0.0.1', port: proxy.port };
  url.host = `${via.host}:${via.port}`;
  return { proxy, endpoint: { ...endpoint, url: url.href, via } };
}
