/**
 * The local page of a results folder. It listens on loopback, answers GET alone, writes nothing, and answers only
 * requests that name this machine as their host: a page elsewhere whose name is made to lead here (DNS rebinding) gets
 * nothing. No path of a request ever becomes a path of the disk: results are found by their name in the list.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { realpath, stat } from 'node:fs/promises';
import { messageOf, MqbenchError, UsageError } from '../errors.js';
import { pageScripts } from '../report/page-scripts.js';
import { Events } from './events.js';
import { ResultsFolder } from './folder.js';
import { errorPage, overviewPage, reportPage } from './pages.js';

/** Most results in one overlay: letters and dashes tell no more apart. */
const mostTogether = 8;
/** Drawn pages that are kept: drawing takes seconds. */
const mostPages = 8;

/** Of every answer. On top of it each page has a policy of its own, which is narrower. */
async function headersOf(): Promise<Readonly<Record<string, string>>> {
  const { sources } = await pageScripts(['theme', 'tables', 'plots', 'overview']);
  return {
    'content-security-policy': `default-src 'none'; script-src ${sources}; style-src 'unsafe-inline'; img-src data:; font-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
  };
}

/**
 * The folder as it is on the disk.
 * @throws UsageError when it is not there
 */
export async function openFolder(path: string): Promise<ResultsFolder> {
  try {
    const root = await realpath(path);
    if (!(await stat(root)).isDirectory()) throw new Error('it is not a folder');
    return new ResultsFolder(root);
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UsageError(
      absent ? `There is no folder ${path}.` : `The folder ${path} cannot be shown: ${messageOf(error)}.`,
      { hint: 'Name the folder that `mqbench run` writes results into; it is results/ by default.' },
    );
  }
}

/** True for a Host header that names this machine as itself, with whatever port: a tunnel may have another. */
export function isLoopbackHost(header: string | undefined): boolean {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(header ?? '') ?? [];
  if (bracketed !== undefined) return bracketed === '::1';
  if (plain === undefined) return false;
  return plain.toLowerCase() === 'localhost' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

export interface Serving {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the folder until it is closed.
 * @param port 0 for any that is free
 * @throws UsageError when the port cannot be had
 */
export async function serveFolder(folder: ResultsFolder, port: number, shownAs: string): Promise<Serving> {
  const headers = await headersOf();
  const events = new Events(folder);
  const pages = new Map<string, Promise<string>>();

  const reportOf = async (names: readonly string[]): Promise<string | undefined> => {
    const stamps = await Promise.all(names.map((name) => folder.stamp(name)));
    const key = JSON.stringify([names, stamps]);
    const known = pages.get(key);
    if (known !== undefined) return known;
    const results = [];
    for (const name of names) {
      const result = await folder.read(name);
      if (result === undefined) return undefined;
      results.push(result);
    }
    const page = reportPage(results);
    pages.set(key, page);
    page.catch(() => pages.delete(key));
    const [oldest] = pages.keys();
    if (pages.size > mostPages && oldest !== undefined) pages.delete(oldest);
    return page;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const send = (status: number, html: string): void => {
      response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
      response.end(request.method === 'HEAD' ? undefined : html);
    };
    if (!isLoopbackHost(request.headers.host)) {
      response.writeHead(421, { 'content-type': 'text/plain; charset=utf-8' });
      response.end('This page is shown on this machine alone: open it as http://127.0.0.1 or http://localhost.\n');
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD', 'content-type': 'text/plain; charset=utf-8' });
      response.end('Only GET is answered here.\n');
      return;
    }
    const url = readUrl(request.url);
    switch (url?.pathname ?? '') {
      case '/':
        send(200, await overviewPage({ folder: shownAs, ...(await folder.list()), live: await folder.live() }));
        return;
      case '/events':
        if (request.method === 'HEAD') response.end();
        else events.add(response);
        return;
      case '/report': {
        const names = [...new Set(url?.searchParams.getAll('r'))];
        if (names.length === 0) send(400, await errorPage('Nothing is ticked', 'Tick one result or several.'));
        else if (names.length > mostTogether)
          send(400, await errorPage('Too many', `At most ${mostTogether} results can be laid over each other.`));
        else {
          const page = await reportOf(names);
          if (page === undefined)
            send(404, await errorPage('No such result', `There is no result ${names.join(', ')}.`));
          else send(200, page);
        }
        return;
      }
      default:
        send(404, await errorPage('No such page', 'There is nothing here.'));
    }
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(async (error: unknown) => {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const ours = error instanceof MqbenchError;
      const page = await errorPage(ours ? 'This cannot be shown' : 'A bug in mqbench', messageOf(error));
      response.writeHead(500, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new UsageError(`The page cannot be served: ${messageOf(error)}.`, {
          where: `--port ${port}`,
          hint: 'Choose a free port, or leave --port away.',
        }),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${taken}/`,
    close: async () => {
      events.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The path and query that were asked for; undefined where they are none. */
function readUrl(text: string | undefined): URL | undefined {
  try {
    return new URL(text ?? '/', 'http://127.0.0.1');
  } catch {
    return undefined;
  }
}
