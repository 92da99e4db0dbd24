/**
 * The command's program as V8 compiled it before: most of a short run would otherwise be compiling. V8 itself checks that the
 * compiled form belongs to this version of it and to this text, and compiles anew where it does not.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';
import type { Binding } from '../cpu/binding.js';

/** The file is one such function (bundle/build.mjs), with what CommonJS gives a module (node:module's `wrap`). */
type ProgramFunction = (
  exports: object,
  require: NodeJS.Require,
  module: object,
  file: string,
  directory: string,
) => void;

/**
 * Commands with a compiled form of their own: reading one takes as long as it is large, so each has only what its command calls.
 * The others start with the last one's, which has no kernel.
 */
export const CACHED_COMMANDS = ['run', 'resume', 'snapshot'] as const;

/** Where the compiled form of a program lies that is about to run a command. */
export function cacheFile(file: string, command: string | undefined): string {
  const name = CACHED_COMMANDS.find((one) => one === command) ?? CACHED_COMMANDS.at(-1);
  return `${file}.${name}.cache`;
}

/**
 * @param files the addon, if it was built: it maps files, whereas reading them takes as long as a tenth of a short run
 * @throws Error when the program is not there
 */
export function programScript(
  file: string,
  command: string | undefined,
  files: Pick<Binding, 'mapBytes' | 'mapText'> = READ_FILES,
): Script {
  let cachedData: Uint8Array | undefined;
  try {
    cachedData = new Uint8Array(files.mapBytes(cacheFile(file, command)));
  } catch {
    // Then it is compiled.
  }
  return new Script(files.mapText(file), {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
}

const READ_FILES = {
  mapBytes: (path: string) => new Uint8Array(readFileSync(path)).buffer,
  mapText: (path: string) => readFileSync(path, 'latin1'),
};

/** Runs a script of programScript(file). */
export function runProgram(script: Script, file: string, directory: string): void {
  const module = { exports: {} };
  const main = script.runInThisContext() as ProgramFunction;
  main(module.exports, createRequire(file), module, file, directory);
}
