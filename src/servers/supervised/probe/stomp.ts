import { exchange } from './exchange.js';

/** Resolves when a STOMP 1.2 CONNECT with these credentials is answered with CONNECTED. */
export async function probeStomp(
  host: string,
  port: number,
  user: { username: string; password: string },
  signal: AbortSignal,
  /** RabbitMQ's virtual host; ActiveMQ takes any. */
  virtualHost = host,
): Promise<void> {
  const lines = [
    'CONNECT',
    'accept-version:1.2',
    `host:${virtualHost}`,
    `login:${user.username}`,
    `passcode:${user.password}`,
  ];
  await exchange(
    host,
    port,
    Buffer.from(`${lines.join('\n')}\n\n\0`),
    (received) => {
      const end = received.indexOf(0);
      if (end < 0) return undefined;
      const frame = received.toString('utf8', 0, end).trimStart();
      if (!frame.startsWith('CONNECTED')) throw new Error('STOMP answered, but did not let us in');
      return true;
    },
    signal,
  );
}
