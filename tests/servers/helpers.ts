import { connect } from 'node:net';
import type { ProgressSink, StartContext } from '../../src/servers/provider.js';

export const silent: ProgressSink = { step: () => ({ update: () => undefined, done: () => undefined }) };

export function contextWith(signal: AbortSignal = new AbortController().signal): StartContext {
  return { progress: silent, signal };
}

/** Whether something accepts connections there. */
export async function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
