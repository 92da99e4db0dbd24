/** Runs a worker on inputs, another one when it dies or hangs, and keeps what is new. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Recipe } from './recipe.js';
import type { Report, Task } from './worker.js';

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url));
/** The longest that an input may take; a busy machine is slow. */
const HANG_MS = 60_000;
const HEAP_MIB = 1024;
/** What leaks shows in a worker that lives long. One that is replaced starts quickly. */
const INPUTS_PER_WORKER = 5000;

export interface FuzzOptions {
  /** Where the bases are, and inputs are written. */
  readonly folder: string;
  readonly bases: readonly string[];
  /** Kept by earlier runs. */
  readonly seeds: readonly Recipe[];
  /** Begins nothing new after that; 0 to try the seeds alone. */
  readonly untilMs: number;
  readonly seed: number;
  /** Called after each input. */
  readonly onInput?: (result: FuzzResult) => void;
}

export interface FoundMistake {
  readonly recipe: Recipe | undefined;
  readonly what: string;
}

export interface FuzzResult {
  inputs: number;
  accepted: number;
  /** Blocks of code that were reached, by how often, as powers of two. */
  blocks: number;
  /** The seeds that reach something, and what was found. */
  readonly kept: Recipe[];
  readonly found: FoundMistake[];
  /** What files were refused for, and how many. */
  readonly refusals: Map<string, number>;
}

/** Numbers and names in a refusal are those of the input. */
const kindOf = (outcome: string): string =>
  outcome.replace(/"[^"]*"|\/[^ :]*|0x[0-9a-f]+|-?[0-9]+/g, '#').slice(0, 100);

export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const result: FuzzResult = { inputs: 0, accepted: 0, blocks: 0, kept: [], found: [], refusals: new Map() };
  const seen = new Set<string>();
  const first: Recipe[] = [...options.bases.map((base) => ({ base, steps: [] })), ...options.seeds];
  for (let round = 0; ; round++) {
    const only = options.untilMs === 0;
    const task: Task = { seen: [...seen], corpus: result.kept, first: first.slice(result.inputs), only };
    if (only ? task.first.length === 0 : Date.now() >= options.untilMs) return result;
    await runWorker(options, task, seen, result, options.seed + round);
  }
}

function runWorker(
  { folder, bases, untilMs, onInput }: FuzzOptions,
  task: Task,
  seen: Set<string>,
  result: FuzzResult,
  seed: number,
): Promise<void> {
  return new Promise((resolve) => {
    const child: ChildProcess = fork(WORKER, [folder, `${seed}`, ...bases], {
      execArgv: [`--max-old-space-size=${HEAP_MIB}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let errors = '';
    let current: Recipe | undefined;
    let hung = false;
    let isOver = false;
    let timer = setTimeout(hang, HANG_MS);
    let left = INPUTS_PER_WORKER;
    function hang(): void {
      hung = true;
      child.kill('SIGKILL');
    }
    function end(): void {
      isOver = true;
      child.kill('SIGKILL');
    }
    child.stderr!.on('data', (bytes: Buffer) => (errors = (errors + bytes.toString()).slice(-4000)));
    child.on('message', (report: Report) => {
      if (isOver) return;
      clearTimeout(timer);
      timer = setTimeout(hang, HANG_MS);
      if (report.kind === 'done') return end();
      if (report.kind === 'start') {
        current = report.recipe;
        return;
      }
      result.inputs++;
      if (report.kind === 'finding') result.found.push({ recipe: current, what: report.what });
      else {
        if (report.outcome === 'accepted') result.accepted++;
        const kind = kindOf(report.outcome);
        result.refusals.set(kind, (result.refusals.get(kind) ?? 0) + 1);
        for (const block of report.blocks) seen.add(block);
        result.blocks = seen.size;
        if (report.isNew && current !== undefined) result.kept.push(current);
      }
      current = undefined;
      onInput?.(result);
      if (--left === 0 || (untilMs > 0 && Date.now() >= untilMs)) end();
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      if (hung || !isOver) {
        result.inputs++;
        result.found.push({
          recipe: current,
          what: hung ? 'it hangs' : `it died: ${signal ?? code} ${errors}`,
        });
      }
      resolve();
    });
    child.send(task);
  });
}
