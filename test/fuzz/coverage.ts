/** Which blocks of our code have run, and about how often, from V8's precise coverage. */
import { Session } from 'node:inspector';

interface FunctionCoverage {
  readonly functionName: string;
  readonly ranges: readonly {
    readonly startOffset: number;
    readonly endOffset: number;
    readonly count: number;
  }[];
}

interface TakenCoverage {
  readonly result: readonly { readonly url: string; readonly functions: readonly FunctionCoverage[] }[];
}

const OURS = /\/dist\/src\/(.*)\.js$/;

export class Coverage {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    this.take();
  }

  /** What has run since the last time, one text for each block. */
  take(): Set<string> {
    const features = new Set<string>();
    const { result } = this.#post('Profiler.takePreciseCoverage') as TakenCoverage;
    for (const { url, functions } of result) {
      const file = OURS.exec(url)?.[1];
      if (file === undefined) continue;
      for (const { functionName, ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges)
          if (count > 0)
            features.add(`${file}:${functionName}:${startOffset}-${endOffset}:${31 - Math.clz32(count)}`);
    }
    return features;
  }

  /** The inspector of one's own process answers at once. */
  #post(method: string, params?: object): unknown {
    let answer: unknown;
    this.#session.post(method, params, (error, result) => {
      if (error !== null) throw error;
      answer = result;
    });
    return answer;
  }
}
