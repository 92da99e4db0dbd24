/** Timing contenders against one another. */

/** How often each thing is measured; the median counts. */
export const RUNS = Math.max(1, Number(process.env['BENCH_RUNS'] ?? 5));

/** One run of one contender. @returns the seconds it took */
export type Contender = () => number | Promise<number>;

/** One contender's runs. */
export type Seconds = readonly number[];

export function median(values: Seconds): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * What each contender took, run by run, in seconds. They take turns, one run each, so that whatever else the machine does
 * meanwhile hits them alike, and the runs of one index belong together; contenders that are undefined are left out.
 */
export async function compare<Name extends string>(
  contenders: Readonly<Partial<Record<Name, Contender | undefined>>>,
  runs = RUNS,
): Promise<Partial<Record<Name, Seconds>>> {
  const entrants = Object.entries<Contender | undefined>(contenders).flatMap(([name, contender]) =>
    contender === undefined ? [] : [{ name, contender, seconds: [] as number[] }],
  );
  for (let round = 0; round < runs; round++) {
    for (const { contender, seconds } of entrants) seconds.push(await contender());
    process.stderr.write('.');
    // Contenders are waited for synchronously: here is when a signal to end arrives.
    await new Promise(setImmediate);
  }
  const taken: Record<string, Seconds> = Object.fromEntries(
    entrants.map(({ name, seconds }) => [name, seconds]),
  );
  return taken as Partial<Record<Name, Seconds>>;
}
