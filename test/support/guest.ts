/**
 * One guest program, three verdicts: natively (the oracle), emulated, and emulated with a freeze and a resume in a new process
 * at every Nth system call. VKERNEL_FREEZE_EVERY sets N. `make stress` (test/stress) does the same with thousands of freezes.
 */
import { AssertionError } from 'chai';
import { guestPrograms, whyNotHere, type GuestProgram } from './guest-program.js';
import { runEmulated, runFrozen, runNatively } from './guest-run.js';
import { judge, type Wanted } from './judge.js';

/** How many freezes a program gets when nobody asked for more: what keeps the whole run within minutes. */
const USUAL_FREEZES = 3;
/** A program that looks at the clock while it waits makes the more calls, and is frozen the more often, the slower it runs. */
const MOST_FREEZES = 60;
const VERDICT_LIMIT_MS = 180_000;
const STRESS_LIMIT_MS = 3_600_000;

/** Describes the three verdicts of every program in a folder of guest-images/. */
export function describeGuests(folder: string): void {
  describe(`guests in ${folder}`, () => {
    for (const program of guestPrograms(folder)) describeProgram(program);
  });
}

/** Describes the three verdicts of one program. */
export function describeProgram(program: GuestProgram): void {
  const natively = once(() => runNatively(program));
  const emulated = once(() => runEmulated(program));
  describe(program.name, function () {
    this.timeout(freezeEveryAsked() === undefined ? VERDICT_LIMIT_MS : STRESS_LIMIT_MS);
    before(function () {
      const reason = whyNotHere(program);
      if (reason === undefined) return;
      process.stderr.write(`skipped: ${program.name}: ${reason}\n`);
      this.skip();
    });
    it('passes natively', async () => {
      const native = await natively();
      judge(program, native, { status: program.status, stdout: native.stdout });
      if (
        program.status === 0 &&
        program.source.includes('/behaviour/') &&
        !native.stdout.endsWith('EXIT-SUCCESS\n')
      )
        throw new AssertionError(`no EXIT-SUCCESS at the end\n${native.stdout}`);
    });
    if (program.nativeOnly !== undefined) return;
    it('does the same emulated', async () => {
      judge(program, await emulated(), await wanted());
    });
    if (program.noFreeze !== undefined) return;
    it('does the same with freezes', async () => {
      const most = freezeEveryAsked() === undefined ? MOST_FREEZES : Infinity;
      judge(program, await runFrozen(program, await freezeEvery(), most), await wanted());
    });
  });

  async function wanted(): Promise<Wanted> {
    const { stdout } = await natively();
    const status = program.emulatedStatus;
    return status === undefined ? { status: program.status, stdout } : { status, stdout, cutShort: true };
  }

  async function freezeEvery(): Promise<number> {
    const asked = freezeEveryAsked() ?? program.freezeEvery;
    const every = asked ?? Math.ceil(((await emulated()).syscalls ?? 0) / (USUAL_FREEZES + 1));
    return Math.max(every, program.freezeApart);
  }
}

function freezeEveryAsked(): number | undefined {
  const asked = process.env['VKERNEL_FREEZE_EVERY'];
  return asked === undefined ? undefined : Number(asked);
}

/** The same promise each time. */
export function once<T extends NonNullable<unknown>>(work: () => T): () => T {
  let result: T | undefined;
  return () => (result ??= work());
}
