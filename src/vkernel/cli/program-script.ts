/**
 * The command's program as V8 compiled it before: most of a short run would otherwise be compiling. V8 itself checks that the
 * compiled form belongs to this version of it and to this text, and compiles anew where it does not.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

/** What CommonJS gives a module (node:module's `wrap`). */
const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];

type ProgramFunction = (
  exports: object,
  require: NodeJS.Require,
  module: object,
  file: string,
  directory: string,
) => void;

/** Where the compiled form of a program lies. */
export const cacheFile = (file: string): string => `${file}.cache`;

/** @throws Error when the program is not there */
export function programScript(file: string): Script {
  let cachedData: Buffer | undefined;
  try {
    cachedData = readFileSync(cacheFile(file));
  } catch {
    // Then it is compiled.
  }
  return new Script(`(function (${PARAMETERS.join(', ')}) {${readFileSync(file, 'latin1')}\n})`, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
}

/** Runs a script of programScript(file). */
export function runProgram(script: Script, file: string, directory: string): void {
  const module = { exports: {} };
  const main = script.runInThisContext() as ProgramFunction;
  main(module.exports, createRequire(file), module, file, directory);
}
