/** What is frozen: every behaviour program in each of its builds, and the members of the program set that say how often. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { guestPrograms, REPOSITORY, whyNotHere, type GuestProgram } from '../support/guest-program.js';
import {
  runEmulated,
  runFrozenAt,
  runNatively,
  type GuestRun,
  type NextMoment,
} from '../support/guest-run.js';
import { judge } from '../support/judge.js';
import {
  DEBIAN_ROOT,
  programFolders,
  runScriptEmulated,
  runScriptFrozenAt,
  runScriptNatively,
  scriptsIn,
  type ProgramScript,
} from '../support/program-set.js';

export interface Subject {
  readonly name: string;
  /** System calls between two freezes that it takes to get anywhere. */
  readonly freezeApart: number;
  readonly natively: () => Promise<GuestRun>;
  readonly emulated: () => Promise<GuestRun>;
  readonly frozenAt: (nextMoment: NextMoment) => Promise<GuestRun>;
  /** @throws AssertionError when a frozen run did otherwise than the native one */
  readonly judge: (run: GuestRun, native: GuestRun) => void;
}

export function subjects(): Subject[] {
  const behaviour = readdirSync(join(REPOSITORY, 'guest-images/behaviour'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `behaviour/${name}`);
  const programs = [...behaviour.sort(), 'asm', 'programs'].flatMap((folder) =>
    guestPrograms(folder)
      .filter(({ nativeOnly, noFreeze }) => nativeOnly === undefined && noFreeze === undefined)
      .filter((program) => whyNotHere(program) === undefined)
      .map((program) => ofProgram(folder, program)),
  );
  if (!existsSync(DEBIAN_ROOT)) return programs;
  const scripts = programFolders().flatMap((folder) =>
    scriptsIn(folder)
      .filter(({ freezes }) => freezes > 0)
      .map((script) => ofScript(folder, script)),
  );
  return [...programs, ...scripts];
}

function ofProgram(folder: string, program: GuestProgram): Subject {
  return {
    name: `${folder} ${program.name}`,
    freezeApart: program.freezeApart,
    natively: () => runNatively(program),
    emulated: () => runEmulated(program),
    frozenAt: (nextMoment) => runFrozenAt(program, nextMoment),
    judge: (run, { stdout }) => {
      const { status, emulatedStatus } = program;
      const cutShort = emulatedStatus !== undefined;
      judge(program, run, { status: emulatedStatus ?? status, stdout, cutShort });
    },
  };
}

function ofScript(folder: string, script: ProgramScript): Subject {
  return {
    name: `program-set/${folder} ${script.name}`,
    freezeApart: 1,
    natively: () => runScriptNatively(script),
    emulated: () => runScriptEmulated(script),
    frozenAt: (nextMoment) => runScriptFrozenAt(script, nextMoment),
    judge: (run, native) => judge(script, run, native),
  };
}
