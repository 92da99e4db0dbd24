/** What a stress run has done already: a run that was ended goes on where it was, as long as neither code nor seed has changed. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { REPOSITORY } from '../support/guest-program.js';

export interface Outcome {
  readonly what: string;
  readonly freezes: number;
  /** Why it failed. */
  readonly failure?: string;
}

export class StressRecord {
  readonly file: string;
  private readonly outcomes = new Map<string, Outcome>();

  /** @param setting all that decides what the run does, but for the code */
  constructor(setting: string) {
    const hash = createHash('sha256').update(setting);
    for (const code of ['dist/bundle/vkernel/cli/main.js', 'native/build/Release/vkernel.node'])
      hash.update(readFileSync(join(REPOSITORY, code)));
    this.file = join(REPOSITORY, 'dist/stress', `${hash.digest('hex').slice(0, 12)}.jsonl`);
    mkdirSync(dirname(this.file), { recursive: true });
    if (!existsSync(this.file)) return;
    for (const line of readFileSync(this.file, 'utf8').split('\n')) {
      if (line === '') continue;
      const outcome = JSON.parse(line) as Outcome;
      this.outcomes.set(outcome.what, outcome);
    }
  }

  /** What came out the last time, unless it failed. */
  passed(what: string): Outcome | undefined {
    const outcome = this.outcomes.get(what);
    return outcome?.failure === undefined ? outcome : undefined;
  }

  add(outcome: Outcome): void {
    appendFileSync(this.file, `${JSON.stringify(outcome)}\n`);
  }
}
