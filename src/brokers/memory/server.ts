/**
 * The embedded broker as a process: `node server.js --port 0`. Says where it listens in one line of JSON on stdout,
 * `{"port":N}`, and lives until its stdin closes or SIGTERM comes, so that it cannot outlive who started it.
 * MQBENCH_MEMORY_USER and MQBENCH_MEMORY_PASSWORD say who is let in; without them everybody on this machine is.
 */
import { parseArgs } from 'node:util';
import { messageOf } from '../../errors.js';
import { startMemoryBroker } from './broker/broker.js';

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
const { MQBENCH_MEMORY_USER: username, MQBENCH_MEMORY_PASSWORD: password } = process.env;
const credentials = username === undefined || password === undefined ? undefined : { username, password };

try {
  const broker = await startMemoryBroker({
    port: Number(values.port),
    credentials,
    onViolation: (what) => process.stderr.write(`hung up on a peer that does not speak the protocol: ${what}\n`),
  });
  const end = (): void => process.exit(0);
  process.once('SIGTERM', end);
  process.stdin.once('end', end).once('close', end).once('error', end).resume();
  process.stdout.write(`${JSON.stringify({ port: broker.port })}\n`);
} catch (error) {
  process.stderr.write(`the memory broker cannot listen on port ${values.port}: ${messageOf(error)}\n`);
  process.exitCode = 6;
}
