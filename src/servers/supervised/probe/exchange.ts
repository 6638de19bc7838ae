import { connect, type Socket } from 'node:net';
import { messageOf } from '../../../errors.js';

/**
 * Opens a TCP connection, sends bytes, and gives every chunk received so far to `step` until that returns a result.
 * `step` can send more; it throws when the answer is not what it should be. The connection is closed in any case.
 * @throws Error when nothing listens, the peer closes early, `step` throws, or the signal aborts
 */
export async function exchange<T>(
  host: string,
  port: number,
  hello: Buffer,
  step: (received: Buffer, send: (bytes: Buffer) => void) => T | undefined,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  let socket: Socket | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      const open = connect({ host, port, noDelay: true }, () => open.write(hello));
      socket = open;
      let received = Buffer.alloc(0);
      open.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        try {
          const result = step(received, (bytes) => void open.write(bytes));
          if (result !== undefined) resolve(result);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(messageOf(error)));
        }
      });
      open.on('error', reject);
      open.on('close', () => reject(new Error('the connection was closed without an answer')));
      signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
    });
  } finally {
    socket?.destroy();
  }
}
