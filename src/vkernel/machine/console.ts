/** The guest's standard streams and its terminal, and the Node streams behind them. */
import type { Readable, Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { bool, opt } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { accessor, savable } from '../../ckpt/state/savable.js';
import type { DevPts } from '../tty/devpts.js';
import { HostInput } from '../tty/host-input.js';
import { HostLine } from '../tty/host-line.js';
import { HostOutput } from '../tty/host-output.js';
import type { Terminal } from '../tty/terminal.js';

/** A stream, or what gives it: it is asked when the guest has had its first turn, or at once for a terminal. */
export type Input = Readable | (() => Readable);

export const streamOf = (input: Input | undefined): Readable | undefined =>
  typeof input === 'function' ? input() : input;

export interface ConsoleStreams {
  readonly stdin?: Input | undefined;
  readonly stdout?: Writable | undefined;
  readonly stderr?: Writable | undefined;
  /** The guest has a terminal: see RunOptions. */
  readonly tty?: boolean | undefined;
}

export const isTerminal = (stream: Readable | Writable | undefined): boolean =>
  (stream as Partial<ReadStream & WriteStream> | undefined)?.isTTY === true;

/** By default as ssh(1) has it: when somebody sits in front of both. */
const wantsTerminal = ({ stdin, stdout, tty }: ConsoleStreams): boolean =>
  tty ?? (isTerminal(stdout) && isTerminal(streamOf(stdin)));

/** What of the console is saved: bytes that were delivered and not read, the terminal with its settings. */
export class Console {
  readonly input = new HostInput();
  readonly output = new HostOutput();
  readonly errorOutput = new HostOutput();
  /** Of the terminal, if the guest has one. Its output is standard output. */
  readonly line: HostLine | undefined;
  /** Standard error is another file than the terminal. */
  readonly hasErrorStream: boolean;

  constructor(streams: ConsoleStreams, devpts: DevPts) {
    const { stdout, stderr } = streams;
    this.hasErrorStream = !wantsTerminal(streams) || (isTerminal(stdout) && !isTerminal(stderr));
    if (!wantsTerminal(streams)) return;
    const line = (this.line = new HostLine(devpts.jobs, this.output));
    devpts.add({ uid: 0, gid: 0 }, () => line.terminal);
  }

  get terminal(): Terminal | undefined {
    return this.line?.terminal;
  }
}

savable<Console>('Console', Console, {
  input: ref(() => HostInput),
  output: ref(() => HostOutput),
  errorOutput: ref(() => HostOutput),
  line: opt(ref(() => HostLine)),
  hasErrorStream: bool,
  terminal: accessor,
});

/**
 * Connects a console to Node streams, at boot and again after a resume.
 * @param keys what is done with the terminal's keys before the guest gets them
 * @returns disconnects again: stops reading
 */
export function attachConsole(console: Console, streams: ConsoleStreams, keys: KeyFilter): () => void {
  const undo = [
    console.line === undefined
      ? attachInput(console.input, streams.stdin)
      : attachKeyboard(console.line, streamOf(streams.stdin), keys),
    attachOutput(console.output, streams.stdout),
    attachOutput(console.errorOutput, streams.stderr),
    attachSize(console.terminal, streams.stdout),
  ];
  return () => undo.forEach((step) => step());
}

/** @returns what of the keys the guest gets */
export type KeyFilter = (bytes: Uint8Array) => Uint8Array;

interface InputEvents {
  readonly onBytes: (bytes: Uint8Array) => void;
  readonly onEnd: () => void;
}

function listen(stream: Readable, { onBytes, onEnd }: InputEvents): () => void {
  const onData = (chunk: Buffer | string): void =>
    onBytes(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  let ended = false;
  const endOnce = (): void => {
    if (ended) return;
    ended = true;
    onEnd();
  };
  tolerateErrors(stream);
  stream.on('data', onData).on('end', endOnce).on('error', endOnce).on('close', endOnce);
  return () => {
    stream.off('data', onData).off('end', endOnce).off('error', endOnce).off('close', endOnce);
    stream.pause();
  };
}

const flowOf = (stream: Readable) => ({ pause: () => stream.pause(), resume: () => stream.resume() });

function attachInput(input: HostInput, stream: Input | undefined): () => void {
  if (typeof stream === 'function') return attachLater(input, stream);
  if (stream === undefined) {
    input.end();
    return () => undefined;
  }
  const detach = listen(stream, { onBytes: (bytes) => input.push(bytes), onEnd: () => input.end() });
  input.attach(flowOf(stream));
  // A machine that goes back to a mark has seen the end already.
  if (stream.readableEnded || stream.destroyed) input.end();
  return detach;
}

/** For a guest that ends in its first turn there is no stream: Node makes that of standard input when it is asked for, and reads from it. */
function attachLater(input: HostInput, stream: () => Readable): () => void {
  input.attach({ pause: () => undefined, resume: () => undefined });
  let detach: () => void = () => undefined;
  const attach = (): void => void (detach = attachInput(input, stream()));
  // The turn is an immediate, which is set after this one.
  let next = setImmediate(() => (next = setImmediate(attach)));
  return () => {
    clearImmediate(next);
    detach();
  };
}

/** A terminal that goes away hangs up; a stream that ends is an end of file, as it is typed. */
function attachKeyboard(line: HostLine, stream: Readable | undefined, keys: KeyFilter): () => void {
  if (stream === undefined) {
    line.endInput();
    return () => undefined;
  }
  const detach = listen(stream, {
    onBytes: (bytes) => line.deliver(keys(bytes)),
    onEnd: () => (isTerminal(stream) ? line.hangUp() : line.endInput()),
  });
  line.attach(flowOf(stream));
  if (stream.readableEnded || stream.destroyed) line.endInput();
  return detach;
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

/** The terminal is as large as the host's. */
function attachSize(terminal: Terminal | undefined, stream: Writable | undefined): () => void {
  if (terminal === undefined || !isTerminal(stream)) return () => undefined;
  const screen = stream as WriteStream;
  const onResize = (): void =>
    terminal.resize({ rows: screen.rows, columns: screen.columns, widthPixels: 0, heightPixels: 0 });
  onResize();
  screen.on('resize', onResize);
  return () => void screen.off('resize', onResize);
}
