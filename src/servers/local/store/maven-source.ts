/** Where Maven artifacts come from: Maven Central, or the mirror that a person or their Maven settings name. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { unescape } from 'node:querystring';
import type { Element } from '@xmldom/xmldom';
import { BrokerError, UsageError, messageOf } from '../../../errors.js';

export interface MavenSource {
  /** Ends in a slash; without user and password. */
  readonly baseUrl: URL;
  /** Value of the Authorization header, where the source asks for a user. */
  readonly authorization?: string;
  /** For a result: says which, and names no host. */
  readonly label: 'Maven Central' | 'the mirror in MQBENCH_MAVEN_URL' | 'the mirror in settings.xml';
}

/**
 * `MQBENCH_MAVEN_URL`, else the mirror of `central` in ~/.m2/settings.xml, else Maven Central.
 * @param home the home folder that holds .m2
 * @throws UsageError when MQBENCH_MAVEN_URL is no http(s) address; BrokerError `unavailable` when settings.xml
 *   cannot be read as such
 */
export async function mavenSource(home = homedir()): Promise<MavenSource> {
  const named = process.env['MQBENCH_MAVEN_URL'];
  if (named !== undefined && named !== '') {
    const source = sourceOf(named, 'the mirror in MQBENCH_MAVEN_URL');
    if (source === undefined) {
      throw new UsageError('MQBENCH_MAVEN_URL is not an http or https address.', {
        where: 'MQBENCH_MAVEN_URL',
        hint: 'Example: MQBENCH_MAVEN_URL=https://maven.example.org/maven2',
      });
    }
    return source;
  }
  return (
    (await mirrorInSettings(join(home, '.m2', 'settings.xml'))) ?? {
      baseUrl: new URL('https://repo1.maven.org/maven2/'),
      label: 'Maven Central',
    }
  );
}

function sourceOf(
  address: string,
  label: MavenSource['label'],
  user?: { readonly name: string; readonly password: string },
): MavenSource | undefined {
  if (!URL.canParse(address)) return undefined;
  const baseUrl = new URL(address);
  if (baseUrl.protocol !== 'https:' && baseUrl.protocol !== 'http:') return undefined;
  // A "%" that stands for itself stays what it is: URL takes it, and so do those who write passwords.
  const account =
    baseUrl.username === '' ? user : { name: unescape(baseUrl.username), password: unescape(baseUrl.password) };
  baseUrl.username = '';
  baseUrl.password = '';
  baseUrl.search = '';
  baseUrl.hash = '';
  if (!baseUrl.pathname.endsWith('/')) baseUrl.pathname += '/';
  if (account === undefined) return { baseUrl, label };
  const basic = Buffer.from(`${account.name}:${account.password}`).toString('base64');
  return { baseUrl, label, authorization: `Basic ${basic}` };
}

async function mirrorInSettings(file: string): Promise<MavenSource | undefined> {
  let xml: string;
  try {
    xml = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw settingsError(file, messageOf(error), error);
  }
  const { DOMParser } = await import('@xmldom/xmldom');
  let settings: Element | null;
  try {
    settings = new DOMParser({
      onError: (level, message) => {
        if (level !== 'warning') throw new Error(message);
      },
    }).parseFromString(xml.replace(/^\uFEFF/, ''), 'text/xml').documentElement;
  } catch (error) {
    throw settingsError(file, messageOf(error), error);
  }
  if (settings === null) return undefined;
  const mirrors = children(settings, 'mirrors')
    .flatMap((list) => children(list, 'mirror'))
    .map((mirror) => ({
      id: textOf(mirror, 'id'),
      url: textOf(mirror, 'url'),
      of: textOf(mirror, 'mirrorOf')
        .split(',')
        .map((pattern) => pattern.trim()),
      isBlocked: textOf(mirror, 'blocked') === 'true',
    }))
    .filter((mirror) => !mirror.isBlocked);
  // Maven's order: a mirror of exactly `central` first, then the first whose pattern covers it.
  // https://maven.apache.org/guides/mini/guide-mirror-settings.html
  const mirror =
    mirrors.find(({ of }) => of.length === 1 && of[0] === 'central') ??
    mirrors.find(({ of }) => !of.includes('!central') && of.some((p) => ['central', '*', 'external:*'].includes(p)));
  if (mirror === undefined) return undefined;
  const server = children(settings, 'servers')
    .flatMap((list) => children(list, 'server'))
    .find((entry) => textOf(entry, 'id') === mirror.id && textOf(entry, 'username') !== '');
  const password = server === undefined ? '' : textOf(server, 'password');
  if (/\{.+\}/.test(password)) {
    throw new BrokerError(
      `The password of the mirror "${mirror.id}" is encrypted, which only Maven can read.`,
      'unavailable',
      {
        where: file,
        hint: 'Set MQBENCH_MAVEN_URL=https://USER:PASSWORD@HOST/PATH for this run.',
      },
    );
  }
  const source = sourceOf(
    mirror.url,
    'the mirror in settings.xml',
    server === undefined ? undefined : { name: textOf(server, 'username'), password },
  );
  if (source === undefined) {
    throw settingsError(file, `the address of the mirror "${mirror.id}" is not an http or https address`);
  }
  return source;
}

function settingsError(file: string, reason: string, cause?: unknown): BrokerError {
  return new BrokerError(`Cannot read the Maven settings: ${reason.split('\n')[0]}.`, 'unavailable', {
    where: file,
    hint: 'Correct the file, or set MQBENCH_MAVEN_URL to the address to download from.',
    cause,
  });
}

function children(parent: Element, name: string): Element[] {
  return Array.from(parent.childNodes).filter(
    (node): node is Element => node.nodeType === 1 && (node as Element).localName === name,
  );
}

/** Text of a child element, with Maven's `${env.NAME}` filled in. */
function textOf(parent: Element, name: string): string {
  const text = children(parent, name)[0]?.textContent?.trim() ?? '';
  return text.replace(/\$\{env\.([^}]+)\}/g, (_all, variable: string) => process.env[variable] ?? '');
}
