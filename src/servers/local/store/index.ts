/** Everything that fetches broker software for the `local` way: no Docker, no root. */
export { cachePath, exclusively, openCache } from './cache.js';
export { runCommand } from './command.js';
export { ensureJava, type Java } from './java.js';
export {
  ensureLockedArtifacts,
  ensureMavenArtifacts,
  type LockedSoftware,
  type MavenArtifacts,
  type MavenLockName,
} from './maven.js';
export { ensureRabbitmq, type InstalledRabbitmq, type UnpackedRabbitmq } from './rabbitmq.js';
