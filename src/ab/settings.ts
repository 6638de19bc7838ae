/** Settings as they stand on a command line: `key=value,key=value`. */
import { parse as parseYaml } from 'yaml';
import { isSecretName, mask, redact, redactData } from '../results/redact.js';

/** A setting's value as YAML reads it: a number, true, a map; else the text itself. */
export function settingOf(value: string): unknown {
  try {
    return parseYaml(value) as unknown;
  } catch {
    return value;
  }
}

/** A comma ends a setting only where another one begins: values may hold commas. */
export function splitSettings(text: string): string[] {
  return text.split(/,(?=[A-Za-z]+(?:\.[\w.-]+)?=)/);
}

/**
 * A command-line argument, or a variant as it was written, for a label, a file or a screen: without the values of
 * variables, configuration lines and options that are named like secrets, and without the user part and query of an
 * address (a query may hold a path or a token).
 */
export function withoutSecrets(argument: string): string {
  return splitSettings(argument)
    .map((setting) => {
      const [, before, name] = /^((?:--[a-z-]+=)?(?:env|config|options)\.([\w.-]+)=)/.exec(setting) ?? [];
      if (before !== undefined && name !== undefined) {
        if (isSecretName(name)) return `${before}${mask}`;
        const nested = settingOf(setting.slice(before.length));
        if (typeof nested === 'object' && nested !== null) return `${before}${JSON.stringify(redactData(nested))}`;
      }
      return redact(setting).replace(/([a-z][a-z0-9+.-]*:\/\/[^?\s]*)\?\S*/gi, `$1?${mask}`);
    })
    .join(',');
}
