/**
 * `make stress`: freezes everything again and again, each time dropping the whole machine and going on in a new process, and compares
 * with a run on this machine's own kernel. Environment: ONLY, a regular expression for the names of runs; FREEZES of each run at most;
 * SEED of the random moments; JOBS at once; MINUTES after which no further run begins. What has passed with the same code and seed
 * is not run again.
 */
import { once } from '../support/guest.js';
import { Random } from '../support/random.js';
import { moments, WAYS, type Way } from './moments.js';
import { StressRecord, type Outcome } from './record.js';
import { subjects, type Subject } from './subjects.js';

const number = (name: string, unset: number): number => Number(process.env[name] || unset);
const FREEZES = number('FREEZES', 30);
const SEED = number('SEED', 1);
const JOBS = number('JOBS', 2);
const MINUTES = number('MINUTES', Infinity);
const ONLY = new RegExp(process.env['ONLY'] ?? '');

interface Work {
  readonly what: string;
  readonly run: () => Promise<number>;
}

function workOf(subject: Subject): Work[] {
  const native = once(subject.natively);
  const emulated = once(subject.emulated);
  return WAYS.map((way) => ({
    what: `${subject.name}: ${way}`,
    run: async () => freeze(subject, way, await native(), (await emulated()).syscalls ?? 0),
  }));
}

type Native = Parameters<Subject['judge']>[1];

/** @returns how many freezes there were @throws AssertionError */
async function freeze(subject: Subject, way: Way, native: Native, syscalls: number): Promise<number> {
  const random = new Random(seedOf(`${subject.name}: ${way}`));
  const run = await subject.frozenAt(moments(way, random, FREEZES, syscalls, subject.freezeApart));
  try {
    subject.judge(run, native);
  } catch {
    // On a busy machine the native run itself may have been too late for its own clocks.
    subject.judge(run, await subject.natively());
  }
  return run.freezes ?? 0;
}

/** So that a run alone is frozen where it is among all. */
function seedOf(what: string): number {
  let seed = SEED;
  for (const character of what) seed = (Math.imul(seed, 31) + character.charCodeAt(0)) | 0;
  return seed;
}

async function outcomeOf({ what, run }: Work): Promise<Outcome> {
  try {
    return { what, freezes: await run() };
  } catch (error) {
    return { what, freezes: 0, failure: error instanceof Error ? error.message : String(error) };
  }
}

const record = new StressRecord(`${SEED} ${FREEZES}`);
const all = subjects()
  .flatMap(workOf)
  .filter(({ what }) => ONLY.test(what));
const endMs = Date.now() + MINUTES * 60_000;
const outcomes: Outcome[] = [];
const left = [...all];

async function worker(): Promise<void> {
  for (let work = left.shift(); work !== undefined; work = left.shift()) {
    const passed = record.passed(work.what);
    if (passed === undefined && Date.now() >= endMs) continue;
    const outcome = passed ?? (await outcomeOf(work));
    if (passed === undefined) record.add(outcome);
    outcomes.push(outcome);
    const { what, freezes, failure } = outcome;
    const said = failure === undefined ? `${freezes} freezes` : `FAILED\n${failure}`;
    console.log(`[${outcomes.length}/${all.length}] ${what}: ${passed ? 'before: ' : ''}${said}`);
  }
}
await Promise.all(Array.from({ length: JOBS }, worker));

const failures = outcomes.filter(({ failure }) => failure !== undefined);
const freezes = outcomes.reduce((sum, outcome) => sum + outcome.freezes, 0);
console.log(
  `${outcomes.length} of ${all.length} runs, ${freezes} freezes, seed ${SEED}, ${failures.length} failed`,
);
for (const { what } of failures) console.log(`  ${what}`);
process.exitCode = failures.length > 0 || outcomes.length === 0 ? 1 : 0;
