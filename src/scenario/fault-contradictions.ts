/** What faults and the other keys of a scenario can get wrong together. */
import type { Takeover } from '../brokers/adapter.js';
import { endsBroker, type Fault, faultTraits } from '../faults/fault.js';
import { faultText } from '../faults/text.js';
import { hasSubscriptions } from '../brokers/pattern.js';
import { definitionOf } from './pattern-schema.js';
import type { Asked, Contradiction } from './contradictions.js';
import { formatDuration } from './units.js';

/** Every contradiction between the faults, and with other keys. Pure. */
export function faultContradictions(asked: Asked): Contradiction[] {
  const { faults = [], pattern, load, lateConsumers } = asked;
  if (faults.length === 0) return [];
  const found = faults.flatMap((fault, index) =>
    [beyondTheEnd, beforeAnyone, longerThanDrain, ofNobody, goneForGood].flatMap(
      (check) => check(fault, asked, index) ?? [],
    ),
  );
  const of = promiseOf(asked);
  if (of === undefined)
    found.push({
      path: ['faults'],
      message: `what faults do is accounted for in work queues and durable subscriptions; the pattern here is ${pattern?.kind}`,
      hint: 'write pattern: work-queue, or {kind: pub-sub, durable: true}, or remove faults',
    });
  else if (of === 'nothing')
    found.push({
      path: ['faults'],
      message:
        'a subscription that is not durable ends with its subscriber’s connection, and nobody promises what comes meanwhile',
      hint: 'write durable: true in the pattern, or remove faults',
    });
  if (load?.kind === 'walk')
    found.push({
      path: ['faults'],
      message: 'a walk over rates looks for the highest that is kept, and faults keep any from being kept',
      hint: 'remove faults, or keep one rate',
    });
  if (lateConsumers !== undefined)
    found.push({
      path: ['lateConsumers'],
      message: 'with faults it could not be told who is responsible for a gap',
      hint: 'remove lateConsumers or faults',
    });
  return [...found, ...nobodyLeft(asked), ...pausedWhenDead(asked)];
}

/** What keeps messages for consumers that are away: undefined where faults mean something else in the pattern. */
function promiseOf({ pattern, producers = 1 }: Asked): 'queue' | 'subscriptions' | 'nothing' | undefined {
  if (pattern === undefined || pattern.kind === 'work-queue') return 'queue';
  const destination = definitionOf(pattern).destination(pattern, { producers });
  if (!hasSubscriptions(destination)) return undefined;
  return destination.durable ? 'subscriptions' : 'nothing';
}

/** In a work queue others take what a dead consumer had; a subscriber's messages are its own. */
const goneForGood: Check = ({ do: kind, forSeconds }, asked, index) =>
  kind === 'kill-consumer' && forSeconds !== undefined && promiseOf(asked) === 'queue'
    ? {
        path: ['faults', index, 'for'],
        message: 'nobody takes the place of a consumer that is killed in a work queue, so it is gone for good',
        hint: 'remove for, or write pause-consumer; only a durable subscriber comes back',
      }
    : undefined;

type Check = (fault: Fault, asked: Asked, index: number) => Contradiction | undefined;

const beyondTheEnd: Check = ({ at }, { durationSeconds }, index) =>
  at.kind === 'after' && durationSeconds !== undefined && at.seconds >= durationSeconds
    ? {
        path: ['faults', index, 'at'],
        message: `after ${formatDuration(at.seconds)} the run of ${formatDuration(durationSeconds)} is over`,
        hint: 'let it happen earlier, or measure for longer',
      }
    : undefined;

/** Where the queue is filled first, it is the broker that can fail, in between. */
const beforeAnyone: Check = ({ at, do: kind }, { work }, index) => {
  if (work === undefined) return undefined;
  if (work === 'transfer')
    return at.kind === 'filled'
      ? {
          path: ['faults', index, 'at'],
          message: 'with work: transfer the queue is never filled and left alone',
          hint: 'write for example at: 40%, or work: backlog',
        }
      : undefined;
  if (at.kind !== 'filled')
    return {
      path: ['faults', index, 'at'],
      message: `with work: ${work} faults come when the queue is filled, and before it is drained`,
      hint: 'write at: filled, or work: transfer',
    };
  if (faultTraits[kind].of === 'broker') return undefined;
  return {
    path: ['faults', index, 'do'],
    message: `when the queue is filled there is nobody but the broker for ${kind} to happen to`,
    hint: 'write do: restart-broker, kill-broker or pause-broker; or work: transfer',
  };
};

/** What lasts longer than a run waits would be taken for its end. */
const longerThanDrain: Check = ({ forSeconds, do: kind }, { drainSeconds }, index) => {
  if (forSeconds === undefined || drainSeconds === undefined || forSeconds < drainSeconds) return undefined;
  if (kind === 'delay' || kind === 'throttle') return undefined;
  return {
    path: ['faults', index, 'for'],
    message: `after ${formatDuration(drainSeconds)} of silence (drain) a run takes what is missing for lost, and this lasts ${formatDuration(forSeconds)}`,
    hint: 'make it shorter, or write a longer drain',
  };
};

const ofNobody: Check = ({ worker, do: kind }, { consumers, producers }, index) => {
  const { of } = faultTraits[kind];
  const there = of === 'consumer' ? consumers : of === 'producer' ? producers : undefined;
  if (worker === undefined || there === undefined || worker < there) return undefined;
  return {
    path: ['faults', index, 'worker'],
    message: `there is no ${of} ${worker}: they are numbered from 0 to ${there - 1}`,
    hint: `name one of them, or ask for more ${of}s`,
  };
};

/** Every destination keeps a consumer, and nobody dies twice. */
function nobodyLeft(asked: Asked): Contradiction[] {
  const { faults = [], consumers, destinations = 1 } = asked;
  const found: Contradiction[] = [];
  const comesBack = promiseOf(asked) === 'subscriptions';
  for (const kind of ['kill-consumer', 'kill-producer'] as const) {
    if (kind === 'kill-consumer' && comesBack) continue;
    const dead = new Set<number>();
    for (const [index, { do: what, worker = 0 }] of faults.entries()) {
      if (what !== kind) continue;
      if (dead.has(worker))
        found.push({
          path: ['faults', index, 'worker'],
          message: `${kind.slice('kill-'.length)} ${worker} is killed twice`,
          hint: 'name another one with worker: …',
        });
      dead.add(worker);
    }
    if (kind === 'kill-producer' || consumers === undefined) continue;
    const each = consumers / destinations;
    const alone = Array.from({ length: destinations }, (_, d) => d).some(
      (d) => [...dead].filter((worker) => worker < consumers && worker % destinations === d).length >= each,
    );
    if (alone)
      found.push({
        path: ['faults'],
        message: `of ${consumers} consumers${destinations === 1 ? '' : ` on ${destinations} destinations`} none is left to take what a dead one had`,
        hint: 'ask for more consumers, or kill fewer',
      });
  }
  return found;
}

/** Nobody who has been killed for good can be paused; nothing is said where the two moments cannot be compared. */
function pausedWhenDead(asked: Asked): Contradiction[] {
  const { faults = [] } = asked;
  if (promiseOf(asked) === 'subscriptions') return [];
  const when = ({ at }: Fault): readonly [unit: string, value: number] | undefined => {
    if (at.kind === 'after') return ['seconds', at.seconds];
    if (at.kind !== 'share') return undefined;
    return asked.durationSeconds === undefined ? ['share', at.share] : ['seconds', at.share * asked.durationSeconds];
  };
  return faults.flatMap((pause, index): Contradiction[] => {
    if (pause.do !== 'pause-consumer') return [];
    const paused = when(pause);
    const dead = faults.some((kill) => {
      const killed = when(kill);
      if (kill.do !== 'kill-consumer' || (kill.worker ?? 0) !== (pause.worker ?? 0)) return false;
      return killed !== undefined && paused !== undefined && killed[0] === paused[0] && killed[1] <= paused[1];
    });
    if (!dead) return [];
    return [
      {
        path: ['faults', index, 'worker'],
        message: `consumer ${pause.worker ?? 0} has been killed by then and cannot be paused`,
        hint: 'name another one with worker: …, or pause it before',
      },
    ];
  });
}

/** Why a target's server cannot be treated like that; undefined where it can. */
export function faultRefusal(
  faults: readonly Fault[],
  durable: true | { readonly reason: string } | undefined,
): string | undefined {
  if (!endsBroker(faults) || durable === undefined || durable === true) return undefined;
  return durable.reason;
}

/** What a group takes to form again once a timeout has passed: the others have to hear of it, in milliseconds. */
const handOverMs = 5_000;

/** The faults after which every consumer, or one, is another one to the broker than before. */
const endsConnections: readonly Fault['do'][] = ['kill-consumer', 'cut-connection', 'restart-broker', 'kill-broker'];

/** Why a run would give up before the broker hands on what a dead or silent consumer had; undefined where it waits long enough. */
export function takeoverRefusal(
  { faults, drainSeconds }: { readonly faults: readonly Fault[]; readonly drainSeconds: number },
  takeover: Takeover | undefined,
): string | undefined {
  for (const fault of faults) {
    const [ms, rule] = waited(fault, takeover);
    if (ms === 0 || drainSeconds * 1000 > ms + handOverMs) continue;
    const least = formatDuration(Math.floor((ms + handOverMs) / 1000) + 1);
    return `${faultText(fault)}: the broker waits ${formatDuration(ms / 1000)} before it hands messages on (${rule}), and after ${formatDuration(drainSeconds)} of silence (drain) a run takes them for lost; write a drain of ${least} or more`;
  }
  return undefined;
}

/** How long a fault's consumers keep their messages, in milliseconds, and what rules that. */
function waited({ do: kind, at, forSeconds = 0 }: Fault, takeover: Takeover | undefined): readonly [number, string] {
  // Between filling and draining nobody has anything.
  if (takeover === undefined || at.kind === 'filled') return [0, ''];
  const { killed, silent, killedMs = 0, silentMs = 0 } = takeover;
  if (endsConnections.includes(kind)) return [killedMs, killed];
  return kind === 'pause-consumer' && forSeconds * 1000 >= silentMs ? [silentMs, silent] : [0, ''];
}
