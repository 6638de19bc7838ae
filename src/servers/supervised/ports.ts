import getPort from 'get-port';

/**
 * So many different loopback ports that nobody listens on. Somebody may take one before the server does: whoever
 * starts a server has to cope with that.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await getPort({ host: '127.0.0.1', exclude: ports }));
  return ports;
}
