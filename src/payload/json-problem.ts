/** Where a text stops being JSON (RFC 8259). JSON.parse says that it does, and not always where. */

export interface JsonProblem {
  /** Offset in the text. */
  readonly at: number;
  readonly message: string;
}

const space = /[ \t\n\r]*/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

class NotJson extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  /** The whole text: one value and nothing behind it. @throws NotJson */
  document(): void {
    this.value();
    if (this.at < this.text.length) throw this.problem('expected nothing more');
  }

  private problem(message: string): NotJson {
    const { at, text } = this;
    return new NotJson(
      at,
      at < text.length ? `${message}, got ${JSON.stringify(text.charAt(at))}` : `${message}, and it ends`,
    );
  }

  /** Takes what the pattern matches here; false when it does not. */
  private take(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return false;
    this.at = pattern.lastIndex;
    return true;
  }

  /** Takes one character and the space behind it; false when another one stands there. */
  private mark(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    this.take(space);
    return true;
  }

  private value(): void {
    this.take(space);
    if (this.mark('{')) this.list('}', () => this.member());
    else if (this.mark('[')) this.list(']', () => this.value());
    else if (!this.take(string) && !this.take(scalar)) throw this.problem('expected a value');
    this.take(space);
  }

  private member(): void {
    if (!this.take(string)) throw this.problem('expected a name in double quotes');
    this.take(space);
    if (!this.mark(':')) throw this.problem('expected ":"');
    this.value();
  }

  private list(end: '}' | ']', entry: () => void): void {
    if (this.mark(end)) return;
    do entry();
    while (this.mark(','));
    if (!this.mark(end)) throw this.problem(`expected "," or "${end}"`);
  }
}

/** The first problem; undefined when the text is JSON. Pure. */
export function jsonProblem(text: string): JsonProblem | undefined {
  try {
    new Reader(text).document();
    return undefined;
  } catch (problem) {
    // Reading recurses: thousands of brackets exhaust the stack.
    if (problem instanceof RangeError) return { at: 0, message: 'it is nested too deeply' };
    if (!(problem instanceof NotJson)) throw problem;
    return { at: problem.at, message: problem.message };
  }
}
