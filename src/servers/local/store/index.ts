/** Everything that fetches broker software for the `local` way: no Docker, no root. */
export { cachePath } from './cache.js';
export { ensureJava, type Java } from './java.js';
export { ensureMavenArtifacts, type MavenArtifacts, type MavenLockName } from './maven.js';
export { ensureRabbitmq, type InstalledRabbitmq, type UnpackedRabbitmq } from './rabbitmq.js';
