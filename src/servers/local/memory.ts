import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { baseEnvironment, portOf, type ServerKind } from '../supervised/launch.js';
import { probeTcp } from '../supervised/probe/tcp.js';

/** From src/ and dist/ alike: a forked process must be compiled. */
const entry = fileURLToPath(new URL('../../../dist/brokers/memory/server.js', import.meta.url));
const manifest = new URL('../../../package.json', import.meta.url);

/** The embedded broker: a Node process, the control and the harness's ceiling. */
export const memory: ServerKind = {
  id: 'memory',
  provider: 'local',
  product: 'mqbench memory broker',
  isJvm: false,
  ports: 1,
  async obtain() {
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    return {
      version,
      provenance: { software: `part of mqbench ${version}`, node: process.version },
      launch(room) {
        const port = portOf(room, 0);
        return {
          files: {},
          folders: [],
          links: {},
          before: [],
          beside: [],
          server: {
            command: process.execPath,
            args: [entry, '--port', String(port)],
            env: {
              ...baseEnvironment(room),
              MQBENCH_MEMORY_USER: room.username,
              MQBENCH_MEMORY_PASSWORD: room.password,
            },
          },
          after: [],
          endpoint: { url: `memory://127.0.0.1:${port}`, username: room.username, password: room.password },
          probe: (signal) => probeTcp('127.0.0.1', port, signal),
        };
      },
    };
  },
};
