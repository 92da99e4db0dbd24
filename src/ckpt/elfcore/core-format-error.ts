/** A file that is not a whole, undamaged vkernel core. The message is one line and says what is wrong. */
export class CoreFormatError extends Error {
  override readonly name = 'CoreFormatError';
}
