/** A scenario file's text as plain data, with the place of every key and value. */
import {
  LineCounter,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { ScenarioIssue } from '../errors.js';

type Path = readonly (string | number)[];

/** Where something stands, 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlFile {
  /** The document as plain data; undefined when its syntax is too broken to say. */
  readonly data: unknown;
  /** Mistakes of syntax. */
  readonly issues: readonly ScenarioIssue[];
  /** The place of the value (or its key) at a path; that of the nearest map around it where it is missing. */
  placeOf(path: Path, atKey: boolean): Place | undefined;
  /** The value at a path as it is written, where it is a scalar: `1e12`, which is read as 1000000000000. */
  sourceOf(path: Path): string | undefined;
}

const tooDeep: YamlFile = {
  data: undefined,
  issues: [{ message: 'the file is nested too deeply', hint: 'a scenario needs four levels at most' }],
  placeOf: () => undefined,
  sourceOf: () => undefined,
};

/** Reads YAML 1.2. Anchors and aliases are refused: a scenario needs none, and they can loop or explode. */
export function readYaml(text: string): YamlFile {
  try {
    return read(text);
  } catch (error) {
    // Reading recurses: thousands of brackets exhaust the stack.
    if (error instanceof RangeError) return tooDeep;
    throw error;
  }
}

function read(text: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    logLevel: 'error',
  });
  if (document.errors.some((error) => error.code === 'RESOURCE_EXHAUSTION')) return tooDeep;
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const issues: ScenarioIssue[] = [...document.errors, ...document.warnings].map((error) => ({
    ...place(error.pos[0]),
    message:
      error.code === 'DUPLICATE_KEY'
        ? 'this key stands here twice'
        : error.code === 'MULTIPLE_DOCS'
          ? 'the file holds more than one document'
          : `this is not valid YAML: ${firstLine(error.message)}`,
    ...(error.code === 'DUPLICATE_KEY'
      ? { hint: 'keep one of them' }
      : error.code === 'MULTIPLE_DOCS'
        ? { hint: 'remove what follows the "---" or put it in a file of its own' }
        : {}),
  }));
  let aliases = 0;
  visit(document, {
    Alias: (_, alias) => {
      aliases++;
      issues.push({
        ...place(alias.range?.[0] ?? 0),
        message: 'aliases (*name) are not used in scenarios',
        hint: 'write the value out; a variant of a target states only its difference (base: …)',
      });
    },
  });
  const readable = document.errors.every((error) => error.code === 'DUPLICATE_KEY') && aliases === 0;
  return {
    data: readable ? (document.toJS() as unknown) : undefined,
    issues,
    placeOf: (path, atKey) => {
      const offset = offsetOf(document, path, atKey);
      return offset === undefined ? undefined : place(offset);
    },
    sourceOf: (path) => {
      const node = document.getIn(path, true);
      return isScalar(node) ? node.source : undefined;
    },
  };
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

const pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

/** A map's entries by key, gathered once: thousands of unknown keys each ask for their place. */
function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  // The last of a duplicated key is the one whose value counts.
  const known =
    pairs.get(map) ??
    new Map(map.items.flatMap((item) => (isNode(item.key) ? [[String(item.key), item] as const] : [])));
  pairs.set(map, known);
  return known;
}

/** Walks down as far as the path exists. */
function offsetOf(document: Document, path: Path, atKey: boolean): number | undefined {
  let node: Node | null = document.contents;
  let offset = startOf(node);
  for (const [depth, part] of path.entries()) {
    if (isMap(node)) {
      const pair = pairsOf(node).get(String(part));
      if (!pair) return offset;
      const last = depth === path.length - 1;
      const value: unknown = pair.value;
      offset = (last && atKey ? undefined : startOf(value)) ?? startOf(pair.key) ?? offset;
      node = isNode(value) ? value : null;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(part)];
      offset = startOf(item) ?? offset;
      node = isNode(item) ? item : null;
    } else return offset;
  }
  return offset;
}
