/** Numbers that have names: single ones and sets of flags, as strace prints them. */

export type Names = Readonly<Record<string, number>>;

/** Few runs are traced: a table of many names is made when one of them is shown. */
export type NamesWhenShown = Names | (() => Names);

/** A table that is made when it is first asked for, and then kept. */
export function whenShown(make: () => Names): () => Names {
  let made: Names | undefined;
  return () => (made ??= make());
}

const table = (names: NamesWhenShown): Names => (typeof names === 'function' ? names() : names);

/** The constants of a module whose names start with a prefix, lowest first: `select(signal, 'SEGV_')`. */
export function select(constants: Readonly<Record<string, unknown>>, prefix: string): Names {
  // Names first: the values of a module are fetched one by one.
  const chosen = Object.keys(constants).flatMap((name): [string, number][] => {
    const value = name.startsWith(prefix) ? constants[name] : undefined;
    return typeof value === 'number' ? [[name, value]] : [];
  });
  return Object.fromEntries(chosen.sort((a, b) => a[1] - b[1]));
}

/**
 * The name of one value: "SEEK_SET", or "0x63" with `kind` after it as strace comments it, e.g. SEEK for SEEK_???.
 * @param value taken as 32 bits without a sign
 */
export function nameOf(names: NamesWhenShown, value: number, kind?: string): string {
  for (const [name, number] of Object.entries(table(names))) if (number >>> 0 === value >>> 0) return name;
  const hexadecimal = value === 0 ? '0' : `0x${(value >>> 0).toString(16)}`;
  return kind === undefined ? hexadecimal : `${hexadecimal} /* ${kind}_??? */`;
}

/** A set of flags: "O_RDWR|O_CLOEXEC", bits without a name in hexadecimal, `zero` if no bit is set. */
export function flagsText(names: NamesWhenShown, value: number, zero = '0'): string {
  let rest = value | 0;
  const parts: string[] = [];
  for (const [name, bits] of Object.entries(table(names))) {
    // A flag above the 32 bits that are looked at is 0 in them.
    if ((bits | 0) !== 0 && (rest & bits) === (bits | 0)) {
      parts.push(name);
      rest &= ~bits;
    }
  }
  if (rest !== 0) parts.push(`0x${(rest >>> 0).toString(16)}`);
  return parts.join('|') || zero;
}
