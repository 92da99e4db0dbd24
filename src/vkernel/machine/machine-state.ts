/** All of a machine that a checkpoint keeps: the root of the saved graph. */
import { str } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { Kernel } from '../kernel/kernel.js';
import { Console } from './console.js';

export class MachineState {
  readonly kernel: Kernel;
  readonly console: Console;
  /** The program the machine was booted with, for people. */
  readonly image: string;

  constructor(kernel: Kernel, console: Console, image: string) {
    this.kernel = kernel;
    this.console = console;
    this.image = image;
  }
}

savable('MachineState', MachineState, { kernel: ref(() => Kernel), console: ref(() => Console), image: str });
