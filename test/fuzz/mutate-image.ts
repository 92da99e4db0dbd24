/** Cores of our own whose processes were changed field by field, laid out again with a digest that is right. */
import type { CoreImage, CoreSegment, CoreThread } from '../../src/ckpt/elfcore/core-image.js';
import { changeImages } from '../support/change-core.js';
import type { Random } from '../support/random.js';
import { oddNumber, putOddNumber } from './numbers.js';

type Changed<T> = { -readonly [K in keyof T]: T[K] };

const odd = (random: Random, now: number): number => Number(oddNumber(random, BigInt(now)));

/** @throws CoreFormatError where the format cannot say it */
export function mutateImages(bytes: Uint8Array, random: Random): Uint8Array {
  return changeImages(bytes, (images) => mutateList(images, random));
}

function mutateList(images: readonly CoreImage[], random: Random): CoreImage[] {
  const changed = [...images];
  const at = random.below(changed.length);
  switch (random.below(8)) {
    case 0:
      changed.splice(at, 1);
      break;
    case 1:
      changed.push({ ...changed[at]!, pid: odd(random, changed[at]!.pid) });
      break;
    default:
      changed[at] = changeImage(changed[at]!, random);
  }
  return changed;
}

function changeImage(image: CoreImage, random: Random): CoreImage {
  switch (random.below(7)) {
    case 0: {
      const name = random.of(['pid', 'ppid', 'pgrp', 'sid', 'signal'] as const);
      return { ...image, [name]: odd(random, image[name]) };
    }
    case 1:
      return {
        ...image,
        threads: changeList(image.threads, random, (thread) => changeThread(thread, random)),
      };
    case 2:
      return {
        ...image,
        segments: changeList(image.segments, random, (segment) => changeSegment(segment, random)),
      };
    case 3:
      return { ...image, auxv: changeBytes(image.auxv, random) };
    case 4:
      return { ...image, siginfo: changeBytes(image.siginfo, random) };
    case 5:
      return {
        ...image,
        files: changeList(image.files, random, (file) => {
          const name = random.of(['start', 'end', 'filePageOffset'] as const);
          return random.below(4) === 0
            ? { ...file, path: random.of(['', '/', '\u0001', 'x'.repeat(4095), '../../etc/passwd']) }
            : { ...file, [name]: odd(random, file[name]) };
        }),
      };
    default:
      return {
        ...image,
        vkernelNotes: changeList(image.vkernelNotes, random, (note) => ({
          ...note,
          bytes: changeBytes(note.bytes, random),
        })),
      };
  }
}

function changeList<T>(list: readonly T[], random: Random, change: (item: T) => T): T[] {
  const result = [...list];
  const at = random.below(Math.max(1, result.length));
  const item = result[at];
  if (item === undefined) return result;
  switch (random.below(6)) {
    case 0:
      result.splice(at, 1);
      break;
    case 1:
      result.splice(random.below(result.length), 0, item);
      break;
    default:
      result[at] = change(item);
  }
  return result;
}

function changeThread(thread: CoreThread, random: Random): CoreThread {
  const result: Changed<CoreThread> = { ...thread };
  switch (random.below(6)) {
    case 0:
      result.tid = odd(random, thread.tid);
      break;
    case 1:
      result.sigpend = BigInt.asUintN(64, oddNumber(random, thread.sigpend));
      break;
    case 2:
      result.sighold = BigInt.asUintN(64, oddNumber(random, thread.sighold));
      break;
    case 3:
      result.fxsave = changeBytes(thread.fxsave, random);
      break;
    case 4:
      result.tls = {
        ...thread.tls,
        fs: { base: BigInt.asUintN(64, oddNumber(random, thread.tls.fs.base)), size: -1n },
      };
      break;
    default: {
      const at = random.below(thread.registers.length);
      result.registers = new BigUint64Array(thread.registers);
      result.registers[at] = oddNumber(random, thread.registers[at]!);
    }
  }
  return result;
}

function changeSegment(segment: CoreSegment, random: Random): CoreSegment {
  const name = random.of(['vaddr', 'memBytes', 'flags', 'pageIndex', 'filePages'] as const);
  const step = name === 'vaddr' || name === 'memBytes' ? 4096 : 1;
  return { ...segment, [name]: odd(random, Math.floor(segment[name] / step)) * step };
}

function changeBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const result = Uint8Array.from(bytes);
  if (random.below(5) === 0) return result.subarray(0, random.below(result.length + 1));
  const at = random.below(Math.max(1, result.length));
  putOddNumber(random, result, at - (at % 4));
  return result;
}
