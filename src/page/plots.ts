/**
 * Makes a picture of the page one that answers the pointer, when it comes into view. The specification is in the page;
 * Vega's expressions are interpreted, not compiled, so that the page's policy needs to allow no eval. Where anything
 * fails, the picture that is there stays.
 */
import type { EmbedOptions, Result } from 'vega-embed';

declare const vegaEmbed: (where: HTMLElement, spec: object, options: EmbedOptions) => Promise<Result>;

function read(id: string): object | undefined {
  const text = document.getElementById(id)?.textContent;
  return text === undefined || text === null ? undefined : (JSON.parse(text) as object);
}

const config = read('plot-config');

async function enliven(plot: HTMLElement): Promise<void> {
  const spec = read(`spec-${plot.dataset['plot'] ?? ''}`);
  const picture = plot.querySelector('svg');
  if (spec === undefined || picture === null) return;
  // Drawn out of sight, so that nothing jumps; in the page, as text is measured with the page's font.
  const stage = document.createElement('div');
  stage.className = 'stage';
  stage.ariaHidden = 'true';
  plot.append(stage);
  try {
    const { view } = await vegaEmbed(
      stage,
      { ...spec, config },
      {
        mode: 'vega-lite',
        renderer: 'svg',
        ast: true,
        actions: false,
        defaultStyle: false,
        tooltip: { disableDefaultStyle: true },
      },
    );
    const drawn = stage.querySelector('svg');
    if (drawn === null) {
      view.finalize();
      throw new Error('nothing was drawn');
    }
    // What the picture says to those who do not see it.
    drawn.setAttribute('role', 'img');
    for (const part of drawn.children) part.ariaHidden = 'true';
    drawn.prepend(...[...picture.children].filter(({ localName }) => localName === 'title' || localName === 'desc'));
    // Its title would be shown in place of the figures that are pointed at.
    drawn.querySelector(':scope > title')?.remove();
    drawn.setAttribute('aria-label', picture.querySelector('title')?.textContent ?? plot.ariaLabel ?? '');
    picture.remove();
    stage.className = 'live';
    stage.removeAttribute('aria-hidden');
  } catch (error) {
    stage.remove();
    plot.dataset['still'] = String(error);
  }
}

// For the pointer alone: what it says is in the table below each picture, too.
const tooltip = document.createElement('div');
tooltip.id = 'vg-tooltip-element';
tooltip.className = 'vg-tooltip';
tooltip.ariaHidden = 'true';
document.body.append(tooltip);

await document.fonts.ready;
const inView = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries)
      if (isIntersecting) {
        inView.unobserve(target);
        void enliven(target as HTMLElement);
      }
  },
  { rootMargin: '300px' },
);
for (const plot of document.querySelectorAll('.plot')) inView.observe(plot);
