/** Broker jars from Maven repositories, exactly those that a lock file pins. */
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { StartContext } from '../../provider.js';
import { cacheFault, exclusively, existingCache, openCache } from './cache.js';
import { download, isWhole } from './download.js';
import { mavenSource } from './maven-source.js';

const lockSchema = z.strictObject({
  lockVersion: z.literal(1),
  generatedBy: z.string(),
  artifacts: z
    .array(
      z.strictObject({
        groupId: z.string(),
        artifactId: z.string(),
        version: z.string(),
        classifier: z.string().optional(),
        size: z.int().positive(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1),
});
type Artifact = z.infer<typeof lockSchema>['artifacts'][number];

export type MavenLockName = 'kafka' | 'activemq' | 'artemis';

/** Software whose jars a lock file pins. */
export interface LockedSoftware {
  /** The lock file. */
  readonly lock: URL;
  /** For people. */
  readonly name: string;
  /** The artifact whose version is the software's. */
  readonly artifactId: string;
}

const brokerLock = (name: MavenLockName): URL => new URL(`../../../../assets/locks/${name}.json`, import.meta.url);

const brokers: Readonly<Record<MavenLockName, LockedSoftware>> = {
  kafka: { lock: brokerLock('kafka'), name: 'Kafka', artifactId: 'kafka_2.13' },
  activemq: { lock: brokerLock('activemq'), name: 'ActiveMQ', artifactId: 'activemq-broker' },
  artemis: { lock: brokerLock('artemis'), name: 'ActiveMQ Artemis', artifactId: 'artemis-server' },
};

export interface MavenArtifacts {
  /**
   * Absolute paths in class path order, agents (classifier `javaagent`) left out. Java splits a class path at every
   * colon and knows no escape: run it in {@link baseDir} with paths relative to that, and no cache folder matters.
   */
  readonly jars: readonly string[];
  /** All artifacts are below this folder. */
  readonly baseDir: string;
  /** Absolute path of one artifact, agents included. Throws when the lock has none of that id. */
  byArtifact(artifactId: string): string;
  readonly provenance: Readonly<Record<string, string>>;
}

/** The jars of a broker that mqbench can start, see {@link ensureLockedArtifacts}. */
export function ensureMavenArtifacts(broker: MavenLockName, context: StartContext): Promise<MavenArtifacts> {
  return ensureLockedArtifacts(brokers[broker], context);
}

/** What a broker's jars would still cost. */
export interface MavenState {
  /** For people, with its version. */
  readonly software: string;
  /** Bytes that are not in the cache and would be downloaded; 0 where all is there and whole. */
  readonly missingBytes: number;
}

/**
 * How much of a broker's jars is in the cache. Creates and fetches nothing.
 * @throws BrokerError `unavailable` when the cache folder cannot be used
 */
export async function mavenState(broker: MavenLockName): Promise<MavenState> {
  const { lock, name, artifactId } = brokers[broker];
  const { artifacts } = await readLock(lock);
  const cache = await existingCache();
  const missing = cache === undefined ? artifacts : await missingOf(artifacts, join(cache, 'maven'));
  return { software: `${name} ${versionIn(artifacts, artifactId)}`, missingBytes: bytesOf(missing) };
}

async function readLock(lock: URL): Promise<z.infer<typeof lockSchema> & { readonly text: string }> {
  const text = await readFile(lock, 'utf8');
  return { ...lockSchema.parse(JSON.parse(text)), text };
}

/** Those that are not below this folder, or not whole. */
async function missingOf(artifacts: readonly Artifact[], baseDir: string): Promise<Artifact[]> {
  const missing: Artifact[] = [];
  for (const artifact of artifacts)
    if (!(await isWhole(join(baseDir, ...relativePath(artifact)), artifact.size, artifact.sha256)))
      missing.push(artifact);
  return missing;
}

function bytesOf(artifacts: readonly Artifact[]): number {
  return artifacts.reduce((bytes, { size }) => bytes + size, 0);
}

function versionIn(artifacts: readonly Artifact[], artifactId: string): string {
  return artifacts.find((artifact) => artifact.artifactId === artifactId)?.version ?? 'unknown';
}

/**
 * Makes sure that every artifact of the lock is in the cache, whole, and downloads those that are not. Each is
 * checked against its size and SHA-256 every time (some 0.2 s), so nothing that happened to the cache is trusted.
 * @throws BrokerError `unavailable` when they cannot be had; UsageError for a wrong MQBENCH_MAVEN_URL;
 *   InterruptedError when the context is aborted
 */
export async function ensureLockedArtifacts(
  { lock, name, artifactId }: LockedSoftware,
  context: StartContext,
): Promise<MavenArtifacts> {
  const { artifacts, text } = await readLock(lock);
  const lockName = basename(lock.pathname);
  const cache = await openCache();
  const baseDir = join(cache, 'maven');
  const pathOf = (artifact: Artifact) => join(baseDir, ...relativePath(artifact));
  const absent = () => missingOf(artifacts, baseDir);
  const version = versionIn(artifacts, artifactId);
  try {
    if ((await absent()).length > 0) {
      await exclusively(
        cache,
        `maven-${lockName.replace(/\.json$/, '')}`,
        name,
        context,
        async ({ scratch, signal }) => {
          const missing = await absent();
          if (missing.length === 0) return;
          const source = await mavenSource();
          const step = context.progress.step(`Downloading ${name} ${version}`, bytesOf(missing));
          await download({
            files: missing.map((artifact) => ({
              url: new URL(relativePath(artifact).map(encodeURIComponent).join('/'), source.baseUrl),
              size: artifact.size,
              sha256: artifact.sha256,
              destination: pathOf(artifact),
            })),
            ...(source.authorization === undefined ? {} : { authorization: source.authorization }),
            scratch,
            signal,
            onProgress: (bytes) => step.update(bytes),
          });
          step.done(`from ${source.label}`);
        },
      );
    }
  } catch (error) {
    throw cacheFault(error, baseDir);
  }
  return {
    jars: artifacts.filter((artifact) => artifact.classifier !== 'javaagent').map(pathOf),
    baseDir,
    byArtifact: (id) => {
      const artifact = artifacts.find((candidate) => candidate.artifactId === id);
      if (artifact === undefined) throw new Error(`${lockName} has no artifact ${id}`);
      return pathOf(artifact);
    },
    provenance: {
      server: `${name} ${version}`,
      software: `${artifacts.length} Maven artifacts pinned by ${lockName}`,
      lockSha256: createHash('sha256').update(text).digest('hex'),
    },
  };
}

/** The repository layout that all Maven repositories share. */
function relativePath({ groupId, artifactId, version, classifier }: Artifact): string[] {
  const suffix = classifier === undefined ? '' : `-${classifier}`;
  return [...groupId.split('.'), artifactId, version, `${artifactId}-${version}${suffix}.jar`];
}
