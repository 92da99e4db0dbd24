/** struct termios2 as the kernel lays it out (asm/termbits.h), and what a new terminal starts with. */
import type { Codec } from '../../ckpt/state/codec.js';
import { struct, uint } from '../../ckpt/state/codecs.js';
import {
  B38400,
  CREAD,
  CS8,
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  ICANON,
  ICRNL,
  IEXTEN,
  ISIG,
  IXON,
  NCCS,
  ONLCR,
  OPOST,
  VDISCARD,
  VEOF,
  VERASE,
  VINTR,
  VKILL,
  VLNEXT,
  VMIN,
  VQUIT,
  VREPRINT,
  VSTART,
  VSTOP,
  VSUSP,
  VWERASE,
} from '../abi/termios.js';

/** Bytes that TCGETS copies: four words of flags, the line discipline, the control characters. TCGETS2 adds two speeds. */
export const TERMIOS_BYTES = 36;
export const TERMIOS2_BYTES = 44;
const CC_OFFSET = 17;
const BAUD_38400 = 38400;

const CONTROL_CHARACTERS: readonly (readonly [number, number])[] = [
  [VINTR, 3],
  [VQUIT, 28],
  [VERASE, 127],
  [VKILL, 21],
  [VEOF, 4],
  [VMIN, 1],
  [VSTART, 17],
  [VSTOP, 19],
  [VSUSP, 26],
  [VREPRINT, 18],
  [VDISCARD, 15],
  [VWERASE, 23],
  [VLNEXT, 22],
];

export interface Termios {
  readonly iflag: number;
  readonly oflag: number;
  readonly cflag: number;
  readonly lflag: number;
  readonly line: number;
  /** Indexed by V*. */
  readonly cc: readonly number[];
  readonly inputSpeed: number;
  readonly outputSpeed: number;
}

export function initialTermios(): Termios {
  const cc = new Array<number>(NCCS).fill(0);
  for (const [index, character] of CONTROL_CHARACTERS) cc[index] = character;
  return {
    iflag: ICRNL | IXON,
    oflag: OPOST | ONLCR,
    cflag: B38400 | CS8 | CREAD,
    lflag: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    line: 0,
    cc,
    inputSpeed: BAUD_38400,
    outputSpeed: BAUD_38400,
  };
}

/** @param length TERMIOS_BYTES or TERMIOS2_BYTES */
export function encodeTermios(termios: Termios, length: number): Uint8Array {
  const bytes = new Uint8Array(TERMIOS2_BYTES);
  const view = new DataView(bytes.buffer);
  [termios.iflag, termios.oflag, termios.cflag, termios.lflag].forEach((flags, i) =>
    view.setUint32(4 * i, flags, true),
  );
  bytes[16] = termios.line;
  bytes.set(termios.cc, CC_OFFSET);
  view.setUint32(36, termios.inputSpeed, true);
  view.setUint32(40, termios.outputSpeed, true);
  return bytes.subarray(0, length);
}

/** Speeds stay as they were when the bytes have none. */
export function decodeTermios(bytes: Uint8Array, before: Termios): Termios {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const hasSpeeds = bytes.length >= TERMIOS2_BYTES;
  return {
    iflag: view.getUint32(0, true),
    oflag: view.getUint32(4, true),
    cflag: view.getUint32(8, true),
    lflag: view.getUint32(12, true),
    line: bytes[16]!,
    cc: Array.from(bytes.subarray(CC_OFFSET, CC_OFFSET + NCCS)),
    inputSpeed: hasSpeeds ? view.getUint32(36, true) : before.inputSpeed,
    outputSpeed: hasSpeeds ? view.getUint32(40, true) : before.outputSpeed,
  };
}

/** One byte for each control character: a file with another number of them is damaged. */
const controlCharacters: Codec<readonly number[]> = {
  kind: 'control characters',
  save: (cc) => Uint8Array.from(cc),
  load(wire, loader) {
    if (!(wire instanceof Uint8Array) || wire.length !== NCCS)
      throw loader.error(`expected ${NCCS} control characters`);
    return Array.from(wire);
  },
};

export const termiosCodec = struct<Termios>({
  iflag: uint,
  oflag: uint,
  cflag: uint,
  lflag: uint,
  line: uint,
  cc: controlCharacters,
  inputSpeed: uint,
  outputSpeed: uint,
});
