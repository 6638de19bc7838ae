import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { BrokerError, InterruptedError, UsageError } from '../../../src/errors.js';
import { download } from '../../../src/servers/local/store/download.js';
import { ensureMavenArtifacts } from '../../../src/servers/local/store/index.js';
import { mavenSource } from '../../../src/servers/local/store/maven-source.js';
import { filesBelow, httpServer, recordingContext, rejection, temporaryFolder } from './helpers.js';

const basic = (account: string) => `Basic ${Buffer.from(account).toString('base64')}`;

async function homeWith(settings: string): Promise<string> {
  const home = await temporaryFolder();
  await mkdir(join(home, '.m2'));
  await writeFile(join(home, '.m2', 'settings.xml'), settings);
  return home;
}

const mirror = (id: string, of: string, more = '') =>
  `<mirror><id>${id}</id><mirrorOf>${of}</mirrorOf><url>https://${id}.example.org/m2</url>${more}</mirror>`;
const settings = (inner: string) =>
  `<?xml version="1.0"?><settings xmlns="http://maven.apache.org/SETTINGS/1.2.0">${inner}</settings>`;

describe('mavenSource', () => {
  test('is Maven Central by itself', async () => {
    vi.stubEnv('MQBENCH_MAVEN_URL', '');
    const source = await mavenSource(await temporaryFolder());
    expect(source).toEqual({ baseUrl: new URL('https://repo1.maven.org/maven2/'), label: 'Maven Central' });
  });

  test('takes MQBENCH_MAVEN_URL first, and keeps its password out of the address', async () => {
    vi.stubEnv('MQBENCH_MAVEN_URL', 'https://me:p%40ss@maven.example.org/central');
    const source = await mavenSource(await homeWith(settings(`<mirrors>${mirror('a', '*')}</mirrors>`)));
    expect(source.baseUrl.href).toBe('https://maven.example.org/central/');
    expect(source.authorization).toBe(basic('me:p@ss'));
  });

  test('takes a password with a bare percent sign as it stands', async () => {
    vi.stubEnv('MQBENCH_MAVEN_URL', 'https://me:100%sure@maven.example.org/m2');
    expect((await mavenSource(await temporaryFolder())).authorization).toBe(basic('me:100%sure'));
  });

  test.each(['nonsense', 'file:///tmp/x', 'ftp://example.org'])('refuses MQBENCH_MAVEN_URL=%s', async (url) => {
    vi.stubEnv('MQBENCH_MAVEN_URL', url);
    expect(await rejection(mavenSource())).toBeInstanceOf(UsageError);
  });

  test.each([
    ['a pattern', mirror('a', '*'), 'a'],
    ['the exact one before a pattern', mirror('a', '*') + mirror('b', 'central'), 'b'],
    ['a list', mirror('a', 'other') + mirror('b', 'snapshots, central'), 'b'],
    ['external', mirror('a', 'external:*'), 'a'],
    ['not an excluded one', mirror('a', '*,!central') + mirror('b', '*,!other'), 'b'],
    ['not a blocked one', mirror('a', '*', '<blocked>true</blocked>') + mirror('b', '*'), 'b'],
    ['not one in a comment', `<!-- ${mirror('a', '*')} -->${mirror('b', '*')}`, 'b'],
  ])('picks the mirror as Maven does: %s', async (_name, mirrors, expected) => {
    vi.stubEnv('MQBENCH_MAVEN_URL', '');
    const source = await mavenSource(await homeWith(settings(`<mirrors>${mirrors}</mirrors>`)));
    expect(source.baseUrl.href).toBe(`https://${expected}.example.org/m2/`);
    expect(source.label).toBe('the mirror in settings.xml');
  });

  test('does not take a mirror of something else', async () => {
    vi.stubEnv('MQBENCH_MAVEN_URL', '');
    const source = await mavenSource(await homeWith(settings(`<mirrors>${mirror('a', 'snapshots')}</mirrors>`)));
    expect(source.label).toBe('Maven Central');
  });

  test("gives the mirror's user, with variables filled in", async () => {
    vi.stubEnv('MQBENCH_MAVEN_URL', '');
    vi.stubEnv('MIRROR_PASSWORD', 'a&b');
    const servers =
      '<servers><server><id>a</id><username>me</username><password>${env.MIRROR_PASSWORD}</password></server></servers>';
    const source = await mavenSource(await homeWith(settings(`${servers}<mirrors>${mirror('a', '*')}</mirrors>`)));
    expect(source.authorization).toBe(basic('me:a&b'));
  });

  test('says what to do about a password that only Maven can read', async () => {
    vi.stubEnv('MQBENCH_MAVEN_URL', '');
    const servers =
      '<servers><server><id>a</id><username>me</username><password>{COQLCE6=}</password></server></servers>';
    const home = await homeWith(settings(`${servers}<mirrors>${mirror('a', '*')}</mirrors>`));
    const error = (await rejection(mavenSource(home))) as BrokerError;
    expect(error).toMatchObject({ kind: 'unavailable', details: { where: join(home, '.m2', 'settings.xml') } });
    expect(error.details.hint).toContain('MQBENCH_MAVEN_URL');
    expect(error.message).not.toContain('COQLCE6');
  });

  test.each(['<settings><mirrors>', 'no xml at all', ''])('says that settings.xml is broken: %j', async (text) => {
    vi.stubEnv('MQBENCH_MAVEN_URL', '');
    expect(await rejection(mavenSource(await homeWith(text)))).toMatchObject({ kind: 'unavailable' });
  });
});

describe('ensureMavenArtifacts', () => {
  test('says what is wrong with a mirror that lacks the jars, and leaves nothing', async () => {
    const cache = await temporaryFolder();
    const asked: (string | undefined)[] = [];
    const { url } = await httpServer((request, response) => {
      asked.push(request.url);
      response.writeHead(404).end();
    });
    vi.stubEnv('MQBENCH_CACHE', cache);
    vi.stubEnv('MQBENCH_MAVEN_URL', `${url}/a/repository`);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    const error = await rejection(ensureMavenArtifacts('kafka', recordingContext()));
    expect(error).toBeInstanceOf(BrokerError);
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(asked).toContain('/a/repository/org/apache/kafka/kafka_2.13/4.3.1/kafka_2.13-4.3.1.jar');
    expect(await filesBelow(cache)).toEqual([]);
    expect(await readdir(join(cache, 'work'))).toEqual([]);
  });

  test('is interrupted while it downloads', async () => {
    const context = recordingContext();
    const { url } = await httpServer(() => context.abort());
    vi.stubEnv('MQBENCH_CACHE', await temporaryFolder());
    vi.stubEnv('MQBENCH_MAVEN_URL', url);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    expect(await rejection(ensureMavenArtifacts('activemq', context))).toBeInstanceOf(InterruptedError);
  });

  test('fetches again what is damaged', async () => {
    const cache = await temporaryFolder();
    const jar = 'org/jspecify/jspecify/1.0.0/jspecify-1.0.0.jar';
    await mkdir(join(cache, 'maven', jar, '..'), { recursive: true });
    await writeFile(join(cache, 'maven', jar), Buffer.alloc(3819));
    const asked: string[] = [];
    const { url } = await httpServer((request, response) => {
      asked.push(request.url ?? '');
      // The others wait, so that the one is surely asked for.
      if (request.url?.endsWith(jar) === true) response.writeHead(404).end();
    });
    vi.stubEnv('MQBENCH_CACHE', cache);
    vi.stubEnv('MQBENCH_MAVEN_URL', url);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    const context = recordingContext();
    const ended = rejection(ensureMavenArtifacts('activemq', context));
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(0));
    context.abort();
    await ended;
    const lock = await lockFile('activemq');
    // Everything is to be fetched, the damaged jar of the right name and size as well.
    const total = lock.artifacts.reduce((bytes, { size }) => bytes + size, 0);
    expect(lock.artifacts.find(({ artifactId }) => artifactId === 'jspecify')?.size).toBe(3819);
    expect(context.steps[0]?.total).toBe(total);
  });

  test('one jar of the lock really comes from where the machine gets its Maven artifacts', async () => {
    const folder = await temporaryFolder();
    const source = await mavenSource();
    const pinned = (await lockFile('kafka')).artifacts.find(({ artifactId }) => artifactId === 'jspecify')!;
    const destination = join(folder, 'jspecify.jar');
    await download({
      files: [
        {
          url: new URL('org/jspecify/jspecify/1.0.0/jspecify-1.0.0.jar', source.baseUrl),
          size: pinned.size,
          sha256: pinned.sha256,
          destination,
        },
      ],
      ...(source.authorization === undefined ? {} : { authorization: source.authorization }),
      scratch: folder,
      signal: recordingContext().signal,
      onProgress: () => undefined,
    });
    expect((await stat(destination)).size).toBe(pinned.size);
  });
});

interface Lock {
  artifacts: { groupId: string; artifactId: string; version: string; size: number; sha256: string }[];
}
async function lockFile(name: string): Promise<Lock> {
  return JSON.parse(await readFile(new URL(`../../../assets/locks/${name}.json`, import.meta.url), 'utf8')) as Lock;
}

test.each(['kafka', 'activemq'])('the %s lock has each artifact once, all of one server version', async (name) => {
  const { artifacts } = await lockFile(name);
  const ids = artifacts.map(({ artifactId }) => artifactId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toContain(name === 'kafka' ? 'kafka-tools' : 'activemq-stomp');
  const servers = artifacts.filter(({ groupId }) => groupId === `org.apache.${name}`);
  expect(new Set(servers.map(({ version }) => version)).size).toBe(1);
});
