/** The printed table. */

/** A duration with three significant digits: "1.23 s", "45.6 ms". */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined) return '-';
  const [value, unit] = seconds >= 1 ? [seconds, 's'] : [seconds * 1000, 'ms'];
  return `${value.toPrecision(3)} ${unit}`;
}

/** How many times longer `seconds` is: "2.5 x". */
export function ratio(seconds: number, than: number | undefined): string {
  return than === undefined || than <= 0 ? '-' : `${(seconds / than).toFixed(2)} x`;
}

/** The first column is left-aligned, the others are right-aligned. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  for (const row of [header, widths.map((width) => '-'.repeat(width)), ...rows]) {
    console.log(
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    );
  }
  console.log();
}
