#!/usr/bin/env node
/** The `mqbench` program: flags, help and exit codes. Commands are imported when they are called. */
import { Argument, Command, CommanderError, Option } from 'commander';
import { abortOnSignals, end, reportCrashes, tolerateClosedPipes, tolerateFileLimit } from './commands/lifecycle.js';
import { exitCodeFor, printError } from './commands/print-error.js';
import type { MonitorFlags } from './commands/monitor.js';
import type { CheckFlags } from './commands/check.js';
import type { PairedFlags } from './commands/paired.js';
import type { TopologyFlags } from './commands/topology.js';
import type { RunFlags } from './commands/run-flags.js';
import type { SchemaName } from './commands/schema.js';
import { ExitCode, UsageError } from './errors.js';
import { packageVersion } from './root.js';
import { printedMessages } from './run/live.js';
import type { ServerChoice } from './servers/provider.js';

/** Collects a flag that may be given several times. */
const collect = (value: string, earlier: readonly string[] | undefined): string[] => [...(earlier ?? []), value];

const verboseFlag = (): Option => new Option('--verbose', 'say on stderr what mqbench does, with times');

const jsonFlag = (): Option => new Option('--json', 'machine-readable JSON on stdout');

const prometheusFlag = (what: string): Option =>
  new Option('--prometheus <host:port>', `serve ${what} at /metrics while it goes on; a port alone is on loopback`);

const adapterFlag = (): Option =>
  new Option(
    '--adapter <module>',
    "somebody else's adapter, repeatable: a file (./mine.js) or an npm package; its id becomes a target",
  ).argParser(collect);

const marginFlag = (): Option =>
  new Option('--margin <figure=share>', 'how much worse a figure may get, e.g. throughput=10%').argParser(collect);

const serverFlag = (): Option =>
  new Option('--server <way>', 'how to get the brokers: one that is named, Docker, or a process of our own')
    .choices(['auto', 'endpoint', 'compose', 'local'])
    .default('auto');

/** What the commands that run pairs take. */
function pairedOptions(command: Command, signal: AbortSignal): (options: Partial<PairedFlags>) => PairedFlags {
  command
    .optionsGroup('What to run:')
    .option('--scenario <scenario>', 'a shipped scenario or the path of a file', 'gate')
    .option('--target <names>', 'targets, comma-separated or repeated', collect)
    .option('--size <sizes>', 'body sizes, e.g. 100B,1KB', collect)
    .option('--messages <count>', 'measured messages a run, e.g. 50k')
    .option('--duration <time>', 'measure for so long instead, e.g. 4s')
    .option('--producers <counts>', 'producer processes; several, e.g. 1,4, are cells each', collect)
    .option('--consumers <counts>', 'consumer processes that share the work, e.g. 4 or 1,2,4', collect)
    .option('--destinations <counts>', 'queues or topics that the work is spread over', collect)
    .option('--prefetch <counts>', 'messages that a consumer may hold unacknowledged, e.g. 200 or 1,200', collect)
    .option('--rate <rate>', 'a fixed rate instead of full speed, e.g. 2k/s')
    .option('--guarantee <levels>', 'at-most-once, at-least-once or replicated', collect)
    .option('--warmup <time>', 'warm-up before each measurement, never counted')
    .option('--seed <number>', 'fixes the drawn order')
    .optionsGroup('Brokers:')
    .addOption(serverFlag())
    .option('--url <target=address>', 'a running server for a target, repeatable', collect)
    .optionsGroup('Output:')
    .option('--out <folder>', 'the result folder (default: results/<time>-<command>)')
    .addOption(verboseFlag());
  return (options) => ({ scenario: 'gate', server: 'auto', url: [], json: false, ...options, signal });
}

const pairsFlag = (): Option =>
  new Option('--pairs <count>', 'at most so many pairs, 7 to 200 (default: 15), and 7 to 19 more to confirm');

/** @param finish takes the exit code of the command that ran */
function buildProgram(signal: AbortSignal, finish: (exitCode: ExitCode) => void): Command {
  const print = (text: string): void => {
    process.stdout.write(text);
    finish(ExitCode.ok);
  };

  const program = new Command('mqbench')
    .description(
      'Benchmark message brokers: RabbitMQ, Kafka and ActiveMQ do the same work side by side, every message accounted for.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .hook('preAction', async (_, action) => {
      if (action.optsWithGlobals<{ verbose?: boolean }>().verbose !== true) return;
      const { showTrace } = await import('./trace.js');
      showTrace((line) => process.stderr.write(line));
    })
    .helpCommand('help [command]', 'print the help of a command')
    .configureOutput({ outputError: () => undefined }) // told by printError instead
    .exitOverride()
    .addHelpText(
      'after',
      `
Start here:
  mqbench run --quick                  a first look in one to two minutes
  mqbench run                          the round-robin scenario on all three brokers
  mqbench run latency --target kafka   another scenario, one of its targets

Exit codes:
  0 ok   1 bug in mqbench   2 usage or scenario error   3 regression, or a broker broke its promise
  4 not decided   5 baseline missing or incompatible   6 broker or environment   130 interrupted`,
    );

  program
    .command('run')
    .description('Run scenarios and store what was measured.')
    .addArgument(
      new Argument('[scenario...]', 'names of shipped scenarios (see mqbench list) or paths of scenario files').default(
        ['round-robin'],
        'round-robin',
      ),
    )
    .optionsGroup('What to run, instead of what the scenario says:')
    .option('--target <names>', 'targets, comma-separated or repeated', collect)
    .addOption(adapterFlag())
    .option('--size <sizes>', 'body sizes, e.g. 100B,1KB; 1KB is 1,000 bytes, 1KiB 1,024', collect)
    .option('--messages <count>', 'measured messages a run, e.g. 50k')
    .option('--duration <time>', 'measure for so long instead, e.g. 20s')
    .option('--producers <counts>', 'producer processes; several, e.g. 1,4, are cells each', collect)
    .option('--consumers <counts>', 'consumer processes that share the work, e.g. 4 or 1,2,4', collect)
    .option('--destinations <counts>', 'queues or topics that the work is spread over', collect)
    .option('--prefetch <counts>', 'messages that a consumer may hold unacknowledged, e.g. 200 or 1,200', collect)
    .option('--rate <rate>', 'a fixed rate over all producers instead of full speed, e.g. 2k/s')
    .option('--guarantee <levels>', 'at-most-once, at-least-once or replicated', collect)
    .option('--repetitions <count>', 'runs of each cell')
    .option('--warmup <time>', 'warm-up before each measurement, never counted, e.g. 5s')
    .option('--seed <number>', 'fixes the drawn order of the runs')
    .option(
      '--quick',
      'a first look in one to two minutes: one repetition of 2 s after 1 s of warm-up, not for comparing',
    )
    .optionsGroup('Brokers:')
    .addOption(serverFlag())
    .option(
      '--url <target=address>',
      'a running server for a target, repeatable; an address with a password belongs in MQBENCH_<TARGET>_URL, which others cannot see',
      collect,
    )
    .option('--allow-missing', 'go on with the other targets when one cannot be had')
    .option('--force-faults', "a scenario's faults also on a server that mqbench did not start, as far as that goes")
    .optionsGroup('Output:')
    .option('--out <folder>', 'the result folder (default: results/<time>-<scenario>)')
    .option(
      '--print',
      `show each message as it is sent and received, the first ${printedMessages} of each producer and consumer; what is measured then is not to be compared`,
    )
    .addOption(prometheusFlag('rates, latencies and broker figures of the runs'))
    .option('--dry-run', 'print the plan and a rough time, run nothing')
    .addOption(jsonFlag())
    .addOption(verboseFlag())
    .optionsGroup('Help:')
    .action(async (scenarios: string[], options: Partial<RunFlags> & Pick<RunFlags, 'server'>) => {
      const absent = { json: false, dryRun: false, print: false, allowMissing: false, forceFaults: false, url: [] };
      const flags: RunFlags = { ...absent, ...options, signal };
      if (flags.dryRun) {
        const { dryRun } = await import('./commands/dry-run.js');
        const { text, exitCode } = await dryRun(scenarios, flags);
        print(text);
        finish(exitCode);
        return;
      }
      const { run } = await import('./commands/run.js');
      finish(await run(scenarios, flags));
    });

  program
    .command('report')
    .description('Draw tables and plots of stored results again; needs no broker.')
    .argument('<folder...>', 'result folders')
    .option('--out <folder>', 'where to write (default: into the result folder)')
    .action(async (folders: string[], options: { out?: string }) => {
      const { report } = await import('./commands/report.js');
      print(await report(folders, { ...options, signal }));
    });

  program
    .command('serve')
    .description('Show a folder of results, and runs that are going on, as a page in the browser of this machine.')
    .argument('[folder]', 'the folder that holds result folders', 'results')
    .option('--port <number>', 'where to listen on loopback; 0 is any free port', '0')
    .action(async (folder: string, options: { port: string }) => {
      const { serve } = await import('./commands/serve.js');
      finish(await serve(folder, { ...options, signal }));
    });

  program
    .command('monitor')
    .description('Show what brokers say of themselves, again and again: queues, rates, lag, memory, alarms.')
    .argument('[target...]', 'rabbitmq, kafka, activemq, or any name with an address (default: all that run)')
    .option('--interval <time>', 'between two looks, e.g. 1s', '5s')
    .option('--once', 'show one sample and end; rates are those of one interval')
    .option('--filter <text>', 'only destinations whose name contains this', '')
    .addOption(serverFlag())
    .option('--url <target=address>', 'a running broker, repeatable; see mqbench run --help', collect)
    .option('--results <folder>', 'where runs of mqbench write: what their clients count is shown too', 'results')
    .option('--json', 'a line of JSON a sample')
    .option('--csv', 'a row a destination a sample')
    .addOption(prometheusFlag('what is seen'))
    .action(
      async (
        targets: string[],
        options: Partial<MonitorFlags> & Pick<MonitorFlags, 'server' | 'interval' | 'filter' | 'results'>,
      ) => {
        const { monitor } = await import('./commands/monitor.js');
        const absent = { once: false, json: false, csv: false, url: [] };
        finish(await monitor(targets, { ...absent, ...options, signal }));
      },
    );

  program
    .command('topology')
    .description(
      'List what a running broker has: destinations, bindings, partitions, groups, subscriptions. Reads only.',
    )
    .argument('<target>', 'a built-in target, or any name with an address')
    .addOption(serverFlag())
    .option('--url <target=address>', 'a running broker; see mqbench run --help', collect)
    .addOption(jsonFlag())
    .action(async (target: string, options: Partial<TopologyFlags> & Pick<TopologyFlags, 'server'>) => {
      const { topology } = await import('./commands/topology.js');
      print(await topology(target, { url: [], json: false, ...options }));
    });

  program
    .command('compare')
    .description(
      'Compare stored results with the first of them: medians, ratios, bounds, verdicts, plots; needs no broker.',
    )
    .argument('<result...>', 'result folders; the first is A')
    .addOption(marginFlag())
    .option('--out <folder>', 'where to write (default: a new folder beside the first)')
    .option('--force', 'compare even what does not answer the same question')
    .addOption(jsonFlag())
    .action(async (paths: string[], options: { margin?: string[]; out?: string; force?: boolean; json?: boolean }) => {
      const { compare } = await import('./commands/compare.js');
      const { text, exitCode } = await compare(paths, { force: false, json: false, ...options });
      print(text);
      finish(exitCode);
    });

  const abCommand = program
    .command('ab')
    .description('Compare two variants in one session on this machine: pairs in drawn order, until it is decided.')
    .argument('<A>', 'a target, key=value[,key=value…], a .yaml file of the same keys, or "same" (docs/ci.md)')
    .argument('<B>', 'the other')
    .addOption(pairsFlag())
    .addOption(marginFlag());
  const abFlags = pairedOptions(abCommand, signal);
  abCommand.addOption(jsonFlag()).action(async (a: string, b: string, options: Partial<PairedFlags>) => {
    const { ab } = await import('./commands/ab.js');
    finish(await ab(a, b, abFlags(options)));
  });

  const checkCommand = program
    .command('check')
    .description(
      'The gate: fails when messaging got slower than a base in the same session, or than a stored baseline.',
    )
    .optionsGroup('Against what:')
    .option('--base <variant>', 'a git ref, a target, key=value settings or a .yaml file, measured in this session')
    .option('--candidate <variant>', 'what is judged (default: the scenario as it stands)')
    .option(
      '--with <key=value>',
      'settings of both sides, repeatable, e.g. adapter=./dist/adapter.js with --target rabbitmq',
      collect,
    )
    .option('--baseline <file>', 'a stored baseline (default: .mqbench/baseline.json)')
    .option('--force', 'also against a baseline of another machine')
    .option('--self-test', 'prove that the gate catches a slowdown here and passes the same against itself')
    .optionsGroup('Judging:')
    .option('--gate <figures>', 'what decides: throughput, p50, p99 (default: throughput)', collect)
    .addOption(marginFlag())
    .addOption(pairsFlag());
  const checkFlags = pairedOptions(checkCommand, signal);
  checkCommand
    .addOption(
      new Option('--format <format>', 'what stdout carries')
        .choices(['text', 'json', 'github-action-benchmark', 'bencher'])
        .default('text'),
    )
    .addOption(jsonFlag())
    .action(async (options: Partial<CheckFlags>) => {
      const { check } = await import('./commands/check.js');
      finish(await check({ force: false, selfTest: false, format: 'text', ...options, ...checkFlags(options) }));
    });

  const noiseCommand = program
    .command('noise')
    .description('The same against itself: what this machine can see, and margins that fit it (read by check).')
    .addOption(new Option('--pairs <count>', 'pairs to run, 7 to 200 (default: 10)'));
  const noiseFlags = pairedOptions(noiseCommand, signal);
  noiseCommand.addOption(jsonFlag()).action(async (options: Partial<PairedFlags>) => {
    const { noise } = await import('./commands/noise.js');
    finish(await noise(noiseFlags(options)));
  });

  const baseline = program.command('baseline').description('A stored result that `check` compares with.');
  const baselineFileFlag = (): Option => new Option('--file <file>', 'another place than .mqbench/baseline.json');
  baseline
    .command('save')
    .description('Save a result as the baseline; it needs at least 3 runs a cell, better 10.')
    .argument('<folder>', 'a result folder')
    .addOption(baselineFileFlag())
    .addOption(jsonFlag())
    .action(async (folder: string, options: { file?: string; json?: boolean }) => {
      const { baselineSave } = await import('./commands/baseline.js');
      print(await baselineSave(folder, { json: false, ...options }));
    });
  baseline
    .command('show')
    .description('Say what is saved.')
    .addOption(baselineFileFlag())
    .addOption(jsonFlag())
    .action(async (options: { file?: string; json?: boolean }) => {
      const { baselineShow } = await import('./commands/baseline.js');
      print(await baselineShow({ json: false, ...options }));
    });

  const brokers = program
    .command('brokers')
    .description('Start brokers that stay, and look after them; needs nothing installed.');
  for (const [name, description] of [
    ['up', 'Start brokers and leave them running (default: rabbitmq, kafka, activemq).'],
    ['down', 'End what `brokers up` started.'],
    ['status', 'Say what runs, where, and for how long.'],
    ['logs', "Print the end of the brokers' logs."],
  ] as const) {
    const command = brokers
      .command(name)
      .description(description)
      .argument('[target...]', 'rabbitmq, kafka, activemq, memory');
    if (name === 'up') command.addOption(serverFlag());
    command
      .addOption(jsonFlag())
      .addOption(verboseFlag())
      .action(async (targets: string[], options: { server?: ServerChoice; json?: boolean }) => {
        const commands = await import('./commands/brokers.js');
        const { createProgress } = await import('./servers/progress.js');
        const call = {
          up: commands.brokersUp,
          down: commands.brokersDown,
          status: commands.brokersStatus,
          logs: commands.brokersLogs,
        }[name];
        const progress = createProgress(process.stderr);
        try {
          print(
            await call(
              { targets, server: options.server ?? 'auto', json: options.json ?? false },
              { signal, progress },
            ),
          );
        } finally {
          progress.close();
        }
      });
  }

  program
    .command('list')
    .description('List scenarios, targets, and adapters with what they can do.')
    .addOption(adapterFlag())
    .addOption(jsonFlag())
    .action(async (options: { json?: boolean; adapter?: string[] }) => {
      const { list } = await import('./commands/list.js');
      print(await list({ json: options.json ?? false, adapter: options.adapter ?? [] }));
    });

  program
    .command('validate')
    .description('Check scenario files and report every mistake at once.')
    .argument('<file...>', 'paths of scenario files, or names of shipped scenarios')
    .addOption(adapterFlag())
    .action(async (files: string[], flags: { adapter?: string[] }) => {
      const { validate } = await import('./commands/validate.js');
      const { text, errors } = await validate(files, flags);
      print(text);
      errors.forEach(printError);
      if (errors.length > 0) finish(ExitCode.usage);
    });

  program
    .command('doctor')
    .description(
      'Look at this machine: brokers that can be had, room, clock, load; and what to do about what is missing.',
    )
    .addOption(jsonFlag())
    .action(async (options: { json?: boolean }) => {
      const { doctor } = await import('./commands/doctor.js');
      const { text, exitCode } = await doctor({ json: options.json ?? false, signal });
      print(text);
      finish(exitCode);
    });

  program
    .command('init')
    .description('Write a commented scenario file to start from; never overwrites one.')
    .argument('[file]', 'the file', 'scenario.yaml')
    .action(async (file: string) => {
      const { init } = await import('./commands/init.js');
      print(init(file));
    });

  program
    .command('schema')
    .description('Print the JSON Schema of scenario files or of result.json.')
    .addArgument(new Argument('<what>', 'which').choices(['scenario', 'result']))
    .action(async (name: SchemaName) => {
      const { schemaText } = await import('./commands/schema.js');
      print(schemaText(name));
    });

  program
    .command('completion')
    .description('Print a script that completes commands, flags, targets and scenarios in your shell.')
    .addArgument(new Argument('<shell>', 'which').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      '\nbash: source <(mqbench completion bash)\nzsh:  source <(mqbench completion zsh)\nfish: mqbench completion fish | source',
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { printCompletionScript } = await import('./commands/completion.js');
      printCompletionScript(shell);
    });

  // What the script calls.
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { printCompletions } = await import('./commands/completion.js');
      printCompletions(program, words);
    });

  return program;
}

/** Commander's own complaint as one of ours, or undefined when it only printed help or the version. */
function usageError(error: CommanderError, program: Command): UsageError | undefined {
  if (error.exitCode === 0 || error.code === 'commander.help') return undefined;
  const [first = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const command = program.commands.find((candidate) => candidate.name() === process.argv[2]);
  const help = `mqbench ${command === undefined ? '' : `${command.name()} `}--help lists what there is.`;
  return new UsageError(`${first.charAt(0).toUpperCase()}${first.slice(1).replace(/\.$/, '')}.`, {
    hint: suggestion === undefined ? help : `${suggestion.replace(/^\((.*)\)$/, '$1')} ${help}`,
  });
}

async function main(): Promise<ExitCode> {
  const signal = abortOnSignals();
  let exitCode: ExitCode = ExitCode.ok;
  const program = buildProgram(signal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      printError(error);
      // Whatever broke while stopping, broke because of the Ctrl-C.
      return signal.aborted ? ExitCode.interrupted : exitCodeFor(error);
    }
    const usage = usageError(error, program);
    if (usage !== undefined) printError(usage);
    // Help that nobody asked for (no command given) went to stderr and is a usage error too.
    return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  }
  return signal.aborted ? ExitCode.interrupted : exitCode;
}

tolerateClosedPipes();
tolerateFileLimit();
reportCrashes(printError);
await end(await main());
