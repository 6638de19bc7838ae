/** Takes secrets out of what is stored or printed. */

/** Replaces the user part of every URL in a text: `amqp://user:pass@host` becomes `amqp://***@host`. */
export function redact(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, '$1***@');
}
