#!/usr/bin/env node
// Keeps what V8 compiles of the command, so that later starts need not: runs a small guest, which calls what most programs call
// when they start and end, and then writes down all that was compiled for that.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { cacheFile, programScript, runProgram } from '../dist/src/vkernel/cli/program-script.js';
import { guestProgram } from './guest-program.mjs';

const directory = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'bundle', 'vkernel', 'cli');
const file = join(directory, 'program.cjs');
const cache = cacheFile(file);
rmSync(cache, { force: true });

const work = mkdtempSync(join(tmpdir(), 'vkernel-code-'));
const image = join(work, 'guest');
writeFileSync(image, guestProgram(), { mode: 0o755 });

const script = programScript(file);
process.once('exit', (code) => {
  rmSync(work, { recursive: true });
  // Without the addon there is no guest: then less is kept, and the next build with it keeps more.
  writeFileSync(`${cache}.new`, script.createCachedData());
  renameSync(`${cache}.new`, cache);
  if (code !== 0) process.exitCode = 0;
});
process.argv.splice(2, Infinity, 'run', image);
runProgram(script, file, directory);
