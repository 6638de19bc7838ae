/** The list of results: a filter, and what is going on, as the server tells it. */

interface Live {
  readonly id: string;
  readonly scenario: string;
  readonly place: number;
  readonly of: number;
  readonly cell: string;
  readonly stage: string;
  readonly sent: number;
  readonly received: number;
  readonly perSecond?: number;
  readonly p99Seconds?: number;
  readonly ended: readonly { readonly cell: string; readonly repetition: number; readonly outcome: string }[];
  readonly silentSeconds: number;
}

interface State {
  readonly live: readonly Live[];
  readonly names: readonly string[];
}

/** A run that says nothing for so long is not going on any more, or its machine is very busy. */
const silentSeconds = 10;

const count = (value: number): string => value.toLocaleString('en-US');

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, text = ''): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  // As text: a name of a scenario or a broker is never markup.
  made.textContent = text;
  return made;
}

function card(run: Live): HTMLElement {
  const made = element('div');
  const title = element('h3', run.scenario);
  const facts = element('dl');
  const fact = (label: string, value: string): void => facts.append(element('dt', label), element('dd', value));
  if (run.of > 0) fact('run', `${run.place} of ${run.of}: ${run.cell}`);
  fact('now', run.silentSeconds > silentSeconds ? `nothing heard for ${run.silentSeconds} s` : run.stage);
  if (run.sent > 0) fact('measured part', `${count(run.sent)} sent, ${count(run.received)} received`);
  if (run.perSecond !== undefined) fact('rate', `${count(run.perSecond)} messages/s`);
  if (run.p99Seconds !== undefined) fact('p99', `at most ${count(run.p99Seconds * 1000)} ms`);
  for (const { cell, repetition, outcome } of run.ended.slice(0, 5)) fact(`${cell} run ${repetition}`, outcome);
  const bar = element('progress');
  bar.ariaLabel = `Runs of ${run.scenario} that ended`;
  // Nobody knows how many pairs a session will need: a bar without a value says that it goes on.
  if (run.of > 0) {
    bar.max = run.of;
    bar.value = Math.max(0, run.place - 1);
  }
  made.append(title, bar, facts);
  return made;
}

const find = <T extends HTMLElement>(id: string): T | undefined =>
  (document.getElementById(id) as T | null) ?? undefined;
const [live, list, said, news] = [find('live'), find('live-list'), find('live-said'), find('news')];
const first = JSON.parse(find('state')?.textContent ?? '{"live":[],"names":[]}') as State;

function show({ live: runs, names }: State): void {
  if (live) live.hidden = runs.length === 0;
  list?.replaceChildren(...runs.map(card));
  // Read out only when something else begins, not each second.
  const stage = runs
    .map(({ scenario, place, of, stage }) => `${scenario}: ${of > 0 ? `run ${place} of ${of}, ` : ''}${stage}`)
    .join('; ');
  if (said && said.textContent !== stage) said.textContent = stage;
  const fresh = names.filter((name) => !first.names.includes(name));
  const told = fresh.length > 0 ? `New: ${fresh.join(', ')}. ` : '';
  if (news && (news.firstChild?.textContent ?? '') !== told) {
    const again = element('a', fresh.length > 1 ? 'Show them' : 'Show it');
    again.href = '/';
    news.replaceChildren(...(told === '' ? [] : [told, again]));
  }
}

show(first);
new EventSource('/events').addEventListener('message', ({ data }) => show(JSON.parse(String(data)) as State));

const [filter, shown] = [find<HTMLInputElement>('filter'), find('shown')];
if (filter) {
  filter.closest<HTMLElement>('.tools')?.removeAttribute('hidden');
  const rows = [...document.querySelectorAll<HTMLTableRowElement>('#results tbody tr')];
  filter.addEventListener('input', () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    if (shown) shown.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
  });
}

export {};
