#!/usr/bin/env node
// Keeps what V8 compiles of the command, so that later starts need not: for each command that is to start soon, a process runs it with
// a small guest, which calls what most programs call when they start and end, and then writes down all that was compiled for that.
// Without the addon there is no guest: then less is kept, and the next build with it keeps more.
//
// usage: code-cache.mjs                  all of them
//        code-cache.mjs COMMAND ARG...   that one, by running it
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cacheFile, programScript, runProgram } from '../dist/src/vkernel/cli/program-script.js';
import { guestProgram } from './guest-program.mjs';

const SOCKET_TIMEOUT_MS = 10_000;
/** Before this one of its system calls the guest is frozen, for `resume`. */
const FREEZE_AT = 32;

const directory = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'bundle', 'vkernel', 'cli');
const file = join(directory, 'program.cjs');

function keep(command) {
  const cache = cacheFile(file, command);
  rmSync(cache, { force: true });
  const script = programScript(file, command);
  process.once('exit', () => {
    writeFileSync(`${cache}.new`, script.createCachedData());
    renameSync(`${cache}.new`, cache);
    process.exitCode = 0;
  });
  runProgram(script, file, directory);
}

async function keepAll() {
  const work = mkdtempSync(join(tmpdir(), 'vkernel-code-'));
  const [guest, sleeper, core] = ['guest', 'sleeper', 'core'].map((name) => join(work, name));
  const options = { stdio: 'ignore', env: { ...process.env, XDG_RUNTIME_DIR: work } };
  const run = (...args) => spawnSync(process.execPath, args, options);
  const self = fileURLToPath(import.meta.url);
  const main = join(directory, 'main.js');
  writeFileSync(guest, guestProgram(0), { mode: 0o755 });
  writeFileSync(sleeper, guestProgram(60), { mode: 0o755 });
  let running;
  try {
    run(self, 'run', guest);
    run(main, 'run', '--snapshot-at', `syscalls:${FREEZE_AT}`, '-o', core, '--stop', guest);
    run(self, 'resume', core);
    running = spawn(process.execPath, [main, 'run', '--name', 'sleeper', sleeper], options);
    const deadlineMs = performance.now() + SOCKET_TIMEOUT_MS;
    while (!existsSync(join(work, 'vkernel', 'sleeper.sock'))) {
      if (running.exitCode !== null || performance.now() > deadlineMs) break;
      await setTimeout(20);
    }
    run(self, 'snapshot', 'sleeper', '--no-sync', '-o', core);
  } finally {
    running?.kill('SIGKILL');
    rmSync(work, { recursive: true });
  }
}

if (process.argv.length > 2) keep(process.argv[2]);
else await keepAll();
