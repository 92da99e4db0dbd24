import { SysError } from '../../vkernel/abi/errno.js';

/**
 * Saved state that cannot be written or read. The message is one line and names the class, the object and
 * the field.
 */
export class StateError extends Error {
  override readonly name = 'StateError';
}

/** A value as it may stand in a one-line message: short, and with nothing in it that disturbs a terminal. */
export function brief(value: unknown): string {
  if (typeof value === 'string') {
    const text = JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
    return `string ${text.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}`;
  }
  if (typeof value === 'number' || typeof value === 'boolean') return `${typeof value} ${value}`;
  if (typeof value === 'bigint') {
    const digits = value > -(1n << 128n) && value < 1n << 128n ? value.toString() : 'of more than 128 bits';
    return `bigint ${digits}`;
  }
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return `list of ${value.length}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'object') {
    const constructor: unknown = value.constructor;
    return typeof constructor === 'function' ? `object of class ${constructor.name}` : 'object';
  }
  return typeof value;
}

/** What an exception says, in one line. */
export function explain(error: unknown): string {
  // What rebuilds an object may call what a system call does.
  if (error instanceof SysError) return error.toString();
  if (!(error instanceof Error)) return brief(error);
  return error.message.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200);
}
