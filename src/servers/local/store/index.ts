/** Everything that fetches broker software for the `local` way: no Docker, no root. */
export { cachePath, exclusively, openCache } from './cache.js';
export { hasApt as canFetchPackages } from './apt.js';
export { runCommand } from './command.js';
export { ensureJava, installedJava, type Java } from './java.js';
export {
  ensureLockedArtifacts,
  ensureMavenArtifacts,
  mavenState,
  type LockedSoftware,
  type MavenArtifacts,
  type MavenLockName,
} from './maven.js';
export { cachedPackages } from './package-tree.js';
export { ensureRabbitmq, findRabbitmq, type InstalledRabbitmq, type UnpackedRabbitmq } from './rabbitmq.js';
