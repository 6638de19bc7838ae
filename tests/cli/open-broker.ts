/** The embedded broker inside the test, so that it can be seen which queues are there. */
import { createServer, type AddressInfo } from 'node:net';
import { createDestination, type Destination } from '../../src/brokers/memory/broker/destination.js';
import { Calls, Session, type SessionHost } from '../../src/brokers/memory/broker/session.js';

export interface OpenBroker {
  readonly url: string;
  queues(): string[];
  connections(): number;
  close(): Promise<void>;
}

export async function openBroker(): Promise<OpenBroker> {
  const queues = new Map<string, Destination>();
  const sessions = new Set<Session>();
  const host: SessionHost = {
    version: 'test',
    admits: () => true,
    destination: (name) => queues.get(name),
    create(name, consumers, pattern) {
      if (queues.has(name)) return;
      queues.set(name, createDestination(name, consumers, pattern, { add: () => undefined }));
    },
    calls: new Calls(),
    delete: (name) => {
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
