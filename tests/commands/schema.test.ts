import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { init } from '../../src/commands/init.js';
import { schemaNames, schemaText, type SchemaName } from '../../src/commands/schema.js';
import { UsageError } from '../../src/errors.js';
import { packageRoot } from '../../src/root.js';
import { loadScenario } from '../../src/scenario/load.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-schema-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What is wrong with `data`, in words; empty when nothing is. */
function mistakes(name: SchemaName, data: unknown): string {
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
  const valid = ajv.validate(JSON.parse(schemaText(name)) as object, data);
  return valid ? '' : ajv.errorsText();
}

const shipped = readdirSync(join(packageRoot, 'scenarios')).map((file) => join(packageRoot, 'scenarios', file));

describe('the printed schema', () => {
  it.each(schemaNames)('of a %s is the file that editors read', (name) => {
    expect(readFileSync(join(packageRoot, 'dist', 'schemas', `${name}.json`), 'utf8')).toBe(schemaText(name));
  });

  it.each(shipped)('holds for the shipped %s, which names it', (file) => {
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/dist\/schemas\/scenario\.json$/m);
    expect(mistakes('scenario', parse(text))).toBe('');
  });

  it('holds for the example result', () => {
    const result: unknown = JSON.parse(
      readFileSync(join(packageRoot, 'results', 'example-round-robin', 'result.json'), 'utf8'),
    );
    expect(mistakes('result', result)).toBe('');
    expect(mistakes('result', { ...(result as object), surprise: 1 })).not.toBe('');
  });

  it.each([
    [{ producers: 'many' }, 'producers'],
    [{ consumers: 0 }, 'consumers'],
    [{ guarantee: 'exactly-once' }, 'guarantee'],
    [{ sizes: [] }, 'sizes'],
    [{ duration: 20 }, 'duration'],
    [{ load: { rat: '300/s' } }, 'load'],
    [{ targets: [{ base: 'kafka' }] }, 'targets'],
    [{ duration: '20s' }, 'oneOf'],
    [{ nonsense: true }, 'additional properties'],
  ])('refuses %j', (change, where) => {
    const good = { name: 'a', targets: ['kafka'], sizes: ['1KB'], messages: 1000 };
    expect(mistakes('scenario', good)).toBe('');
    const changed =
      'duration' in change && change.duration === 20
        ? { ...good, messages: undefined, ...change }
        : { ...good, ...change };
    expect(mistakes('scenario', JSON.parse(JSON.stringify(changed)))).toContain(where);
  });
});

describe('init', () => {
  it('writes a scenario that is valid, fits the schema and names it', async () => {
    const file = join(folder, 'my-scenario.yaml');
    expect(init(file)).toContain(`Wrote ${file}`);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=https:\/\/\S+\/dist\/schemas\/scenario\.json$/m);
    expect(text).not.toMatch(/\$(SCHEMA|NAME|FILE)/);
    expect(mistakes('scenario', parse(text))).toBe('');
    expect(await loadScenario(file)).toMatchObject({ name: 'my-scenario', messages: 50_000 });
  });

  it('never overwrites a file', () => {
    const file = join(folder, 'mine.yaml');
    init(file);
    const before = readFileSync(file, 'utf8');
    expect(() => init(file)).toThrow(UsageError);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it.each(['no/such/folder/a.yaml', 'a.txt', '-.yaml'])('says why it cannot write %s', (name) => {
    expect(() => init(join(folder, name))).toThrow(UsageError);
  });
});

/** What a person types: the compiled command, its stdout alone. */
describe('as a command', { timeout: 120_000 }, () => {
  function mqbench(...args: readonly string[]): { readonly code: number | null; readonly out: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(packageRoot, 'dist', 'cli.js'), ...args], {
      encoding: 'utf8',
      cwd: folder,
      maxBuffer: 64 * 1024 * 1024,
    });
    expect(stderr).not.toMatch(/bug in mqbench|^ +at /m);
    return { code: status, out: stdout };
  }
  const fits = (schema: string, data: unknown): string => {
    const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
    return ajv.validate(JSON.parse(schema) as object, data) ? '' : ajv.errorsText();
  };

  it('`schema result` holds for the result of a run that has just been made', () => {
    const args = '--target memory --messages 500 --size 100B --repetitions 1 --warmup 0s --out fresh'.split(' ');
    expect(mqbench('run', ...args).code).toBe(0);
    const schema = mqbench('schema', 'result');
    const result: unknown = JSON.parse(readFileSync(join(folder, 'fresh', 'result.json'), 'utf8'));
    expect(schema.code).toBe(0);
    expect(fits(schema.out, result)).toBe('');
    expect(fits(schema.out, { ...(result as object), runs: 3 })).not.toBe('');
  });

  it('`schema scenario` holds for what `init` writes, and `validate` is content with it', () => {
    expect(mqbench('init', 'fresh.yaml').code).toBe(0);
    const schema = mqbench('schema', 'scenario');
    expect(schema.code).toBe(0);
    expect(fits(schema.out, parse(readFileSync(join(folder, 'fresh.yaml'), 'utf8')))).toBe('');
    expect(mqbench('validate', 'fresh.yaml').code).toBe(0);
  });

  it('`doctor --json` says the same by its exit code', () => {
    const { code, out } = mqbench('doctor', '--json');
    const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: { name: string }[] };
    expect(code).toBe(ok ? 0 : 6);
    expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['cores', 'memory', 'kafka']));
  });
});
