/** Server-sent events: what is going on in the folder, once a second to everybody who looks. */
import type { ServerResponse } from 'node:http';
import type { ResultsFolder } from './folder.js';

/** Between two looks, in milliseconds: as often as a run says something. */
const everyMs = 1_000;

export class Events {
  readonly #listeners = new Set<ServerResponse>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #last = '';

  constructor(private readonly folder: ResultsFolder) {}

  /** Keeps a request open and tells it what changes; the folder is looked at only while somebody listens. */
  add(response: ServerResponse): void {
    response.setHeader('content-type', 'text/event-stream');
    response.flushHeaders();
    this.#listeners.add(response);
    response.once('close', () => {
      this.#listeners.delete(response);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
    // Whoever comes is told at once.
    this.#last = '';
    this.#timer ??= setInterval(() => void this.#tell(), everyMs);
    void this.#tell();
  }

  async #tell(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const [live, { results }] = await Promise.all([this.folder.live(), this.folder.list()]);
      const data = JSON.stringify({ live, names: results.map(({ name }) => name) });
      // What has not changed need not be said; a comment keeps the connection.
      const message = data === this.#last ? ':\n\n' : `data: ${data}\n\n`;
      this.#last = data;
      for (const listener of this.#listeners) listener.write(message);
    } catch {
      // What cannot be read at this moment is looked at again in a second; nobody waits for this promise.
    } finally {
      this.#looking = false;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const listener of this.#listeners) listener.end();
  }
}
