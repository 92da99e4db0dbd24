/** The guest's standard streams and its terminal, and the Node streams behind them. */
import type { Readable, Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { opt } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { HostInput } from '../tty/host-input.js';
import { HostOutput } from '../tty/host-output.js';
import { Terminal } from '../tty/terminal.js';

export interface ConsoleStreams {
  readonly stdin?: Readable | undefined;
  readonly stdout?: Writable | undefined;
  readonly stderr?: Writable | undefined;
}

export const isTerminal = (stream: Readable | Writable | undefined): boolean =>
  (stream as Partial<ReadStream & WriteStream> | undefined)?.isTTY === true;

/** What of the console is saved: bytes that were delivered and not read, the terminal's settings. */
export class Console {
  readonly input = new HostInput();
  readonly output = new HostOutput();
  readonly errorOutput = new HostOutput();
  /** Present when one of the streams was a terminal at boot. */
  readonly terminal: Terminal | undefined;

  constructor(streams: ConsoleStreams) {
    const { stdin, stdout, stderr } = streams;
    if (![stdin, stdout, stderr].some(isTerminal)) return;
    this.terminal = new Terminal(
      this.input,
      !isTerminal(stdout) && isTerminal(stderr) ? this.errorOutput : this.output,
    );
  }
}

savable('Console', Console, {
  input: ref(() => HostInput),
  output: ref(() => HostOutput),
  errorOutput: ref(() => HostOutput),
  terminal: opt(ref(() => Terminal)),
});

/**
 * Connects a console to Node streams, at boot and again after a resume.
 * @param signalForeground sends a signal to the guest's foreground process group
 * @returns disconnects again: restores the terminal and stops reading
 */
export function attachConsole(
  console: Console,
  streams: ConsoleStreams,
  signalForeground: (signo: number) => void,
): () => void {
  const undo = [
    attachInput(console, streams.stdin),
    attachOutput(console.output, streams.stdout),
    attachOutput(console.errorOutput, streams.stderr),
    attachTerminal(console, streams, signalForeground),
  ];
  return () => undo.forEach((step) => step());
}

function attachInput({ input, terminal }: Console, stream: Readable | undefined): () => void {
  if (stream === undefined) {
    input.end();
    return () => undefined;
  }
  const onData = (chunk: Buffer | string): void => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (terminal !== undefined) terminal.receive(bytes);
    else input.push(bytes);
  };
  const onEnd = (): void => input.end();
  tolerateErrors(stream);
  stream.on('data', onData).on('end', onEnd).on('error', onEnd).on('close', onEnd);
  input.attach({ pause: () => stream.pause(), resume: () => stream.resume() });
  // A machine that goes back to a mark has seen the end already.
  if (stream.readableEnded || stream.destroyed) input.end();
  return () => {
    stream.off('data', onData).off('end', onEnd).off('error', onEnd).off('close', onEnd);
    stream.pause();
  };
}

function attachOutput(output: HostOutput, stream: Writable | undefined): () => void {
  if (stream === undefined) {
    output.attach({ write: (bytes) => bytes.length });
    return () => undefined;
  }
  const onDrain = (): void => output.drained();
  const onError = (): void => output.break();
  tolerateErrors(stream);
  stream.on('drain', onDrain).on('error', onError).on('close', onError);
  output.attach({
    write(bytes) {
      if (stream.writableNeedDrain) return 0;
      stream.write(Buffer.from(bytes));
      return bytes.length;
    },
  });
  return () => void stream.off('drain', onDrain).off('error', onError).off('close', onError);
}

const tolerated = new WeakSet<Readable | Writable>();

/** An error that comes after the guest has ended must not end the process: this listener stays, one for each stream. */
function tolerateErrors(stream: Readable | Writable): void {
  if (tolerated.has(stream)) return;
  tolerated.add(stream);
  stream.on('error', () => undefined);
}

function attachTerminal(
  { terminal }: Console,
  { stdin, stdout, stderr }: ConsoleStreams,
  signalForeground: (signo: number) => void,
): () => void {
  if (terminal === undefined) return () => undefined;
  const keyboard = isTerminal(stdin) ? (stdin as ReadStream) : undefined;
  const screen = [stdout, stderr].find(isTerminal) as WriteStream | undefined;
  terminal.attach({ setRawMode: (raw) => void keyboard?.setRawMode(raw), signalForeground });
  const onResize = (): void => {
    if (screen === undefined) return;
    terminal.resize({ rows: screen.rows, columns: screen.columns, widthPixels: 0, heightPixels: 0 });
  };
  onResize();
  screen?.on('resize', onResize);
  return () => {
    screen?.off('resize', onResize);
    keyboard?.setRawMode(false);
  };
}
