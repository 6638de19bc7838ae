/** Entry of every worker process: answers the orchestrator's requests in the role that the first one gives it. */
import { serializeError } from '../errors.js';
import { ConsumerWorker } from './consumer-worker.js';
import { blame, crashError, type Used } from './crash.js';
import { ControlWorker } from './control-worker.js';
import { ProducerWorker } from './producer-worker.js';
import type { FromWorker, RequestMessage } from './protocol.js';

let control: ControlWorker | undefined;
let producer: ProducerWorker | undefined;
let consumer: ConsumerWorker | undefined;
/** Once a role has been given. */
let used: Used;

const say = (message: FromWorker): void => {
  // Whoever listened may have been killed: then there is nobody to tell, which is no error of ours.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
};

function need<T>(role: T | undefined): T {
  if (role === undefined) throw new Error('the worker has not been given this role');
  return role;
}

async function answer(request: RequestMessage): Promise<unknown> {
  switch (request.type) {
    case 'start-control':
      control = await ControlWorker.start(request.ask, say);
      return { serverInfo: control.serverInfo };
    case 'start-producer':
      producer = await ProducerWorker.start(request.ask, say);
      return {};
    case 'start-consumer':
      consumer = await ConsumerWorker.start(request.ask, say);
      return {};
    case 'create-destination':
      await need(control).createDestination(request.ask.spec);
      return {};
    case 'rewind':
      await need(control).rewind(request.ask.spec);
      return {};
    case 'delete-destination':
      await need(control).deleteDestination(request.ask.spec);
      return {};
    case 'reconnect':
      await need(control).reconnect(request.ask);
      return {};
    case 'freeze':
      // The process takes part in nothing; what arrives meanwhile waits in the sockets.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, request.ask.forMs);
      return {};
    case 'check-alive':
      await need(control).checkAlive(request.ask);
      return {};
    case 'send':
      return need(producer).send(request.ask);
    case 'stop-sending':
      need(producer).stopSending();
      return {};
    case 'begin-measure':
      need(producer ?? consumer).beginMeasure();
      return {};
    case 'mark':
      return need(producer).mark();
    case 'stop-consuming':
      await need(consumer).stop();
      return {};
    case 'progress':
      return need(producer ?? consumer).progress();
    case 'look':
      return need(producer ?? consumer).look(request.ask);
    case 'collect':
      return need(producer ?? consumer).collect();
    case 'close':
      await closeRole();
      return {};
  }
}

async function closeRole(): Promise<void> {
  await (control ?? producer ?? consumer)?.close();
}

/** Requests that are not answered yet. */
const open = new Set<number>();

process.on('message', (request: RequestMessage) => {
  open.add(request.id);
  if ('connect' in request.ask) used = request.ask.connect;
  const answering = answer(request).finally(() => open.delete(request.id));
  answering.then(
    (value) => {
      say({ type: 'answer', id: request.id, answer: value });
      if (request.type === 'close') process.disconnect();
    },
    (error: unknown) => say({ type: 'error', id: request.id, error: serializeError(blame(error, used)) }),
  );
});

// The orchestrator decides when a worker ends: a Ctrl-C reaches the whole terminal, as timeout(1) reaches the whole
// group with SIGTERM; records must survive it, and so must whoever deletes what was made on the broker.
for (const name of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(name, () => undefined);

// The channel closes after `close`, or because the orchestrator died: then what we made on the broker goes, in bounded time.
process.on('disconnect', () => {
  // A Kafka consumer that leaves its group lets the group be deleted; one that just dies holds it for its session.
  setTimeout(() => process.exit(1), control ? 9_000 : 2_000).unref();
  void closeRole()
    .catch(() => undefined)
    .then(() => process.exit(0));
});

/** Nobody caught it, so nobody may rely on this worker any more: it says so once to all who wait, and is ended. */
function crashed(error: unknown): void {
  const why = serializeError(crashError(error, used));
  for (const id of open) say({ type: 'error', id, error: why });
  say({ type: 'lost', error: why });
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}
process.on('uncaughtException', crashed);
process.on('unhandledRejection', crashed);
