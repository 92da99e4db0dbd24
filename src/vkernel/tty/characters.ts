/** What the line discipline knows of characters: bytes, as Linux's own table of them has it (lib/ctype.c). */
export const BACKSPACE = 8;
export const TAB = 9;
export const NEWLINE = 10;
export const RETURN = 13;
export const SPACE = 32;
const DELETE = 127;
const UNDERSCORE = 95;
const CARET_BIT = 0x40;
export const CARET = 94;
export const BACKSLASH = 92;

const CASE_BIT = 0x20;

export const isControl = (byte: number): boolean => byte < SPACE || byte === DELETE;

/** The letter behind the caret that stands for a control character: ^C, ^?. */
export const caretLetter = (byte: number): number => byte ^ CARET_BIT;

/** A byte of a UTF-8 character that is not its first. */
export const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

const isUpper = (byte: number): boolean =>
  (byte >= 65 && byte <= 90) || (byte >= 0xc0 && byte <= 0xde && byte !== 0xd7);
const isLower = (byte: number): boolean => (byte >= 97 && byte <= 122) || (byte >= 0xdf && byte !== 0xf7);

/** What VWERASE takes for part of a word. Above ASCII that is Latin-1, whatever IUTF8 says. */
export const isWordCharacter = (byte: number): boolean =>
  isUpper(byte) || isLower(byte) || (byte >= 48 && byte <= 57) || byte === UNDERSCORE;

export const toLower = (byte: number): number => (isUpper(byte) ? byte | CASE_BIT : byte);
/** 0xdf and 0xff have no upper case in Latin-1, but Linux flips their bit too. */
export const toUpper = (byte: number): number => (isLower(byte) ? byte & ~CASE_BIT : byte);
