/** The embedded broker inside the test, so that it can be seen which queues are there. */
import { createServer, type AddressInfo } from 'node:net';
import { Queue } from '../../src/brokers/memory/broker/queue.js';
import { Session } from '../../src/brokers/memory/broker/session.js';

export interface OpenBroker {
  readonly url: string;
  queues(): string[];
  connections(): number;
  close(): Promise<void>;
}

export async function openBroker(): Promise<OpenBroker> {
  const queues = new Map<string, Queue>();
  const sessions = new Set<Session>();
  const host = {
    version: 'test',
    admits: () => true,
    queue: (name: string) => queues.get(name),
    create: (name: string) => void (queues.has(name) || queues.set(name, new Queue(name, { add: () => undefined }))),
    delete: (name: string) => {
      const queue = queues.get(name);
      queues.delete(name);
      queue?.delete();
    },
    full: () => false,
    onViolation: () => undefined,
  };
  const server = createServer((socket) => {
    const session: Session = new Session(socket, host, () => sessions.delete(session));
    sessions.add(session);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `memory://127.0.0.1:${(server.address() as AddressInfo).port}`,
    queues: () => [...queues.keys()],
    connections: () => sessions.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
      }),
  };
}
