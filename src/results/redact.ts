/** Takes secrets out of what is stored or printed. */

/** What stands in place of a secret. */
export const mask = '***';

/**
 * A name whose value is nobody else's business: default_pass, DB_PASSWORD, API_KEY, accessKeyId, sasl.jaas.config (which
 * holds a password). A name too many only hides a harmless value.
 */
const secretWord =
  /pass(?:w(?:or)?d|phrase|code)?s?(?![a-z])|secret|token|credential|jaas|cookie|(?<![a-z])(?:auth|pwd?)(?![a-z])|keys?(?![a-z])/;
const upperCased = /^[^a-z]*$/;

/** Whether the value of a setting, variable or option of this name is a secret. */
export function isSecretName(name: string): boolean {
  // In camel case a capital begins a word; where all are capitals none does.
  const words = upperCased.test(name) ? name.toLowerCase() : name.replace(/(?<=[a-z\d])(?=[A-Z])/g, '_').toLowerCase();
  return secretWord.test(words);
}

/** A flag with its value after a space, as on a command line; the value may stand in quotes. */
const flag = /(?<=^|\s)--?([A-Za-z][\w-]*) ("[^"]*"|'[^']*'|[^\s-][^\s;&"']*)/g;

/**
 * Replaces the user part of every URL in a text (`amqp://user:pass@host` becomes `amqp://***@host`), and the values of
 * what is named like a secret (`TOKEN=abc` becomes `TOKEN=***`, `--token abc` `--token ***`).
 */
export function redact(text: string): string {
  return assigned(text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, `$1${mask}@`)).replace(
    flag,
    (whole, name: string, value: string) =>
      isSecretName(name) ? `${whole.slice(0, -value.length)}${mask}` : whole,
  );
}

/** The value of a setting, variable or option of this name, as it may be stored or printed. */
export function redactValue(name: string, value: string): string {
  return isSecretName(name) ? mask : redact(value);
}

/** A value may hold another assignment: `prepare=TOKEN=abc make`. */
function assigned(text: string): string {
  return text.replace(
    // A variable or flag with its value, as on a command line; the value may stand in quotes.
    /([A-Za-z_][\w.-]*)=("[^"]*"|'[^']*'|[^\s,;&"']+)/g,
    (_, name: string, value: string) => `${name}=${isSecretName(name) ? mask : assigned(value)}`,
  );
}

/** The same data with the values of all keys that are named like a secret masked, and every text redacted. */
export function redactData<T>(data: T): T {
  const masked = (value: unknown, key = ''): unknown => {
    if (Array.isArray(value)) return value.map((one) => masked(one, key));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, masked(inner, name)]));
    if (value === undefined || value === null || typeof value === 'boolean') return value;
    if (isSecretName(key)) return mask;
    return typeof value === 'string' ? redact(value) : value;
  };
  return masked(data) as T;
}
