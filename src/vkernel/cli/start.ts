#!/usr/bin/env node
/** What users start, of the bundle: program.cjs, which is main.ts, in its compiled form. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programScript, runProgram } from './program-script.js';

const directory = dirname(fileURLToPath(import.meta.url));
const file = join(directory, 'program.cjs');
runProgram(programScript(file, process.argv[2]), file, directory);
