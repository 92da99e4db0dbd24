/** The commands by name. Each is loaded when it is used: starting quickly is worth more than a shorter list. */
import type { Command } from './command.js';

export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.js')).run,
  ps: async () => (await import('./ps.js')).ps,
  snapshot: async () => (await import('./snapshot.js')).snapshot,
  resume: async () => (await import('./resume.js')).resume,
  inspect: async () => (await import('./inspect.js')).inspect,
  diff: async () => (await import('./diff.js')).diff,
  extract: async () => (await import('./extract.js')).extract,
  flatten: async () => (await import('./flatten.js')).flatten,
};
