/** Where Prometheus scrapes. */
import { createServer } from 'node:http';
import type { Registry } from 'prom-client';
import { BrokerError, messageOf, UsageError } from '../../errors.js';

/** Reads `host:port`, or `port` alone, which is loopback. */
export function readListen(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:(?:\[([0-9a-f:.]+)\]|([\w.-]+)):)?(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535)
    throw new UsageError(`"${text}" is no address to listen on.`, {
      where: '--prometheus',
      hint: 'Write it as host:port, e.g. 127.0.0.1:9464; a port alone is loopback.',
    });
  return { host: bracketed ?? plain ?? '127.0.0.1', port };
}

/** Why an address cannot be listened on, for people. */
const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken',
  EACCES: 'the port is not for this user',
  EADDRNOTAVAIL: 'the host is not this machine',
  ENOTFOUND: 'the host is unknown',
};

export interface MetricsEndpoint {
  readonly url: string;
  /** Ends scrapes under way too. */
  close(): Promise<void>;
}

/**
 * Serves the metrics at `/metrics`.
 * @throws UsageError for an address that is none
 * @throws BrokerError when the address cannot be had
 */
export async function serveMetrics(registry: Registry, listen: string): Promise<MetricsEndpoint> {
  const { host, port } = readListen(listen);
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (page) => response.setHeader('content-type', registry.contentType).end(page),
      (error: unknown) => response.writeHead(500).end(messageOf(error)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new BrokerError(
          `The scrape endpoint cannot listen: ${reasons[error.code ?? ''] ?? messageOf(error)}.`,
          'unavailable',
          {
            where: `--prometheus ${listen}`,
            hint: 'Choose a free port of this machine.',
          },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/metrics`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
