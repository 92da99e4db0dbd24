/** Registers of a thread by name. */
import { CORE_REGISTERS, type CoreThread } from '../elfcore/core-image.js';

export type RegisterName = (typeof CORE_REGISTERS)[number];

const INDEX = new Map<RegisterName, number>(CORE_REGISTERS.map((name, i) => [name, i]));

/** As an address: above 2^53 it is not exact, and no address of a program. */
export function registerOf(thread: CoreThread, name: RegisterName): number {
  return Number(registerWord(thread, name));
}

export function registerWord(thread: CoreThread, name: RegisterName): bigint {
  return thread.registers[INDEX.get(name)!]!;
}
