/** Text of guests and files on the way to the user's terminal. */

/** Control characters, which could drive a terminal, as `\xNN`; line breaks as a space. */
export function printable(text: string): string {
  return text
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .trim()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => {
      const code = c.codePointAt(0)!;
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
    });
}

/** A byte string (one character for each byte), as the UTF-8 text that it most likely is. */
export function byteStringText(bytes: string): string {
  return printable(Buffer.from(bytes, 'latin1').toString('utf8'));
}

/** Rows of cells as lines with the columns aligned. Columns named in `right` are right-aligned. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}
