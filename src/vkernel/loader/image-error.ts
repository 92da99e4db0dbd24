/** Why a file cannot be executed. */
import { SysError } from '../abi/errno.js';

/** The errno of execve(2), and a sentence for the person who started the program: "FILE is a 32-bit program". */
export class ImageError extends SysError {
  /** What follows the file's name in a message. */
  readonly sentence: string;

  constructor(errno: number, sentence: string) {
    super(errno);
    this.sentence = sentence;
  }
}
