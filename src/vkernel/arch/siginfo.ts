/**
 * siginfo_t as the kernel keeps and writes it: three numbers, then the bytes of the union as sigaction(2) lays them out
 * (include/uapi/asm-generic/siginfo.h). `fields` starts at offset 16 of the structure.
 */
export const SIGINFO_BYTES = 128;
const FIELDS_OFFSET = 16;
const FIELDS_BYTES = SIGINFO_BYTES - FIELDS_OFFSET;

export class SigInfo {
  readonly signo: number;
  readonly errno: number;
  readonly code: number;
  readonly fields: Uint8Array;

  constructor(signo: number, code: number, fields: Uint8Array = new Uint8Array(0), errno = 0) {
    this.signo = signo;
    this.errno = errno;
    this.code = code;
    this.fields = fields;
  }

  /** Sent by kill, tkill or the kernel itself on behalf of a process: si_pid, si_uid. */
  static fromProcess(signo: number, code: number, pid: number, uid: number): SigInfo {
    const fields = new DataView(new ArrayBuffer(8));
    fields.setInt32(0, pid, true);
    fields.setUint32(4, uid, true);
    return new SigInfo(signo, code, new Uint8Array(fields.buffer));
  }

  /** sigqueue(3) and rt_sigqueueinfo(2): si_pid, si_uid, si_value. */
  static queued(signo: number, code: number, pid: number, uid: number, value: bigint): SigInfo {
    const fields = new DataView(new ArrayBuffer(16));
    fields.setInt32(0, pid, true);
    fields.setUint32(4, uid, true);
    fields.setBigUint64(8, BigInt.asUintN(64, value), true);
    return new SigInfo(signo, code, new Uint8Array(fields.buffer));
  }

  /** A POSIX timer's: si_timerid, si_overrun, si_value (timer_create(2)). */
  static timer(signo: number, code: number, timerId: number, overrun: number, value: bigint): SigInfo {
    return SigInfo.queued(signo, code, timerId, overrun >>> 0, value);
  }

  /** A fault's: si_addr. */
  static fault(signo: number, code: number, address: bigint): SigInfo {
    const fields = new DataView(new ArrayBuffer(8));
    fields.setBigUint64(0, BigInt.asUintN(64, address), true);
    return new SigInfo(signo, code, new Uint8Array(fields.buffer));
  }

  /** SIGCHLD's, or whatever a child's end sends: si_pid, si_uid, si_status, si_utime, si_stime (clock ticks). */
  static child(
    signo: number,
    code: number,
    pid: number,
    uid: number,
    status: number,
    userTicks: number,
    systemTicks: number,
  ): SigInfo {
    const fields = new DataView(new ArrayBuffer(32));
    fields.setInt32(0, pid, true);
    fields.setUint32(4, uid, true);
    fields.setInt32(8, status, true);
    fields.setBigInt64(16, BigInt(userTicks), true);
    fields.setBigInt64(24, BigInt(systemTicks), true);
    return new SigInfo(signo, code, new Uint8Array(fields.buffer));
  }

  /** The 128 bytes of siginfo_t a handler is given. */
  encode(): Uint8Array {
    const bytes = new Uint8Array(SIGINFO_BYTES);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, this.signo, true);
    view.setInt32(4, this.errno, true);
    view.setInt32(8, this.code, true);
    bytes.set(this.fields.subarray(0, FIELDS_BYTES), FIELDS_OFFSET);
    return bytes;
  }

  /** What rt_sigqueueinfo(2) takes from the caller's siginfo_t, with the signal number it names itself. */
  static decode(signo: number, bytes: Uint8Array): SigInfo {
    const view = new DataView(bytes.buffer, bytes.byteOffset, SIGINFO_BYTES);
    return new SigInfo(
      signo,
      view.getInt32(8, true),
      bytes.slice(FIELDS_OFFSET, SIGINFO_BYTES),
      view.getInt32(4, true),
    );
  }
}
