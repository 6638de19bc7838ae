import { connect } from 'node:net';
import { once } from 'node:events';

/** Resolves when something accepts a connection. */
export async function probeTcp(host: string, port: number, signal: AbortSignal): Promise<void> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal });
  } finally {
    socket.destroy();
  }
}
