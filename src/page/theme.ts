/** The button that chooses light or dark; until it is pressed, the system decides. */

type Scheme = 'light' | 'dark';

const storageKey = 'mqbench-scheme';
const root = document.documentElement;

/** What was chosen before; a browser that keeps nothing for files says nothing. */
function storedScheme(): Scheme | undefined {
  try {
    const stored = localStorage.getItem(storageKey);
    return stored === 'light' || stored === 'dark' ? stored : undefined;
  } catch {
    return undefined;
  }
}

const systemDark = matchMedia('(prefers-color-scheme: dark)');
const shown = (): Scheme => {
  const chosen = root.dataset['scheme'];
  return chosen === 'light' || chosen === 'dark' ? chosen : systemDark.matches ? 'dark' : 'light';
};

const stored = storedScheme();
if (stored !== undefined) root.dataset['scheme'] = stored;

const button = document.createElement('button');
button.type = 'button';
button.className = 'scheme';
const label = (): void => {
  button.textContent = shown() === 'dark' ? 'Light colours' : 'Dark colours';
};
label();
systemDark.addEventListener('change', label);
button.addEventListener('click', () => {
  const chosen: Scheme = shown() === 'dark' ? 'light' : 'dark';
  root.dataset['scheme'] = chosen;
  try {
    localStorage.setItem(storageKey, chosen);
  } catch {
    // It holds for this page then.
  }
  label();
});
document.querySelector('header')?.prepend(button);

export {};
