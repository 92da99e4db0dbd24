#!/usr/bin/env node
/** What users start, of the bundle: program.cjs, which is main.ts, in its compiled form. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBinding, type Binding } from '../cpu/binding.js';
import { programScript, runProgram } from './program-script.js';

/** They will need an engine: another thread makes it while this one loads the kernel. */
const COMMANDS_WITH_ENGINE: readonly (string | undefined)[] = ['run', 'resume'];

const directory = dirname(fileURLToPath(import.meta.url));
const file = join(directory, 'program.cjs');
const command = process.argv[2];
const binding = bindingIfBuilt();
if (COMMANDS_WITH_ENGINE.includes(command)) binding?.prepare();
runProgram(programScript(file, command, binding), file, directory);

/** Whoever needs the addon says what is wrong with it. */
function bindingIfBuilt(): Binding | undefined {
  try {
    return loadBinding();
  } catch {
    return undefined;
  }
}
