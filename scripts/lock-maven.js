// Writes LOCK.json: every artifact that LOCK.pom.xml resolves to, in class path order, pinned by coordinates, size
// and SHA-256. Needs Maven (`mvn`); run it after a change of the pom.
// Usage: node scripts/lock-maven.js [assets/locks/kafka] [assets/locks/activemq] [assets/locks/artemis] [bench/peers/locks/perf-test]
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const all = ['assets/locks/kafka', 'assets/locks/activemq', 'assets/locks/artemis', 'bench/peers/locks/perf-test'];

for (const lockPath of process.argv.length > 2 ? process.argv.slice(2) : all) {
  const name = basename(lockPath);
  const folder = mkdtempSync(join(tmpdir(), 'lock-maven-'));
  try {
    copyFileSync(join(root, `${lockPath}.pom.xml`), join(folder, 'pom.xml'));
    const maven = (...args) => execFileSync('mvn', ['-B', '-q', '-C', ...args], { cwd: folder, encoding: 'utf8' });
    const list = join(folder, 'classpath');
    maven('org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath', `-Dmdep.outputFile=${list}`);
    const repository = maven(
      'org.apache.maven.plugins:maven-help-plugin:3.5.1:evaluate',
      '-Dexpression=settings.localRepository',
      '-DforceStdout',
    )
      // Maven paints a reset sequence even into a pipe.
      .replace(/\u001b\[[0-9;]*m/g, '')
      .trim();
    const artifacts = readFileSync(list, 'utf8')
      .trim()
      .split(delimiter)
      .map((file) => pin(repository, file));
    const ids = artifacts.map((artifact) => artifact.artifactId);
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
    if (twice.length > 0) throw new Error(`${name}: two artifacts share the id ${twice.join(', ')}`);
    const lock = { lockVersion: 1, generatedBy: 'scripts/lock-maven.js', artifacts };
    writeFileSync(join(root, `${lockPath}.json`), `${JSON.stringify(lock, null, 2)}\n`);
    const bytes = artifacts.reduce((sum, artifact) => sum + artifact.size, 0);
    console.error(`${name}: ${artifacts.length} artifacts, ${(bytes / 1e6).toFixed(1)} MB`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Coordinates from the place in the local repository: group/as/folders/artifact/version/artifact-version[-classifier].jar */
function pin(repository, file) {
  if (!file.startsWith(repository)) throw new Error(`${file} is not in ${repository}`);
  const parts = file.slice(repository.length).split(/[\\/]/).filter(Boolean);
  const [artifactId, version, fileName] = parts.slice(-3);
  const classifier = fileName.slice(`${artifactId}-${version}`.length, -'.jar'.length).replace(/^-/, '');
  const bytes = readFileSync(file);
  // The local repository may be old: what Maven once recorded as the server's checksum must still be true.
  if (existsSync(`${file}.sha1`)) {
    const recorded = readFileSync(`${file}.sha1`, 'utf8').trim().split(/\s/)[0];
    if (createHash('sha1').update(bytes).digest('hex') !== recorded)
      throw new Error(`${file} does not match its .sha1`);
  }
  return {
    groupId: parts.slice(0, -3).join('.'),
    artifactId,
    version,
    ...(classifier === '' ? {} : { classifier }),
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}
