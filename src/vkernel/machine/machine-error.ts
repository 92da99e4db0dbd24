/** Why a machine could not be booted, resumed or run: one sentence for the user. */
export class MachineError extends Error {
  override readonly name = 'MachineError';
  /** docker's codes: 125 vkernel failed, 126 the program cannot be executed, 127 it was not found. */
  readonly exitCode: 125 | 126 | 127;

  constructor(message: string, exitCode: 125 | 126 | 127 = 125, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
