/** A thread: where it is, how it got there, its registers, its TLS, the top of its stack. */
import { html, type Content, type Html } from './html.js';
import type { CoreMemory } from './core-memory.js';
import { maskText, threadFrames, type ProcessView, type ThreadView } from './core-view.js';
import { registerOf, registerWord, type RegisterName } from './registers.js';
import { nameText, type AddressName, type Symbols } from './symbols.js';

const REGISTERS: readonly RegisterName[] = [
  ...(['rip', 'rsp', 'rbp', 'eflags', 'rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi'] as const),
  ...(['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'orig_rax'] as const),
];
const STACK_WORDS = 32;
const TLS_WORDS = 8;
const LONGEST_TEXT = 40;

export function threadHtml(process: ProcessView, view: ThreadView): Html {
  const { thread, tid, name, state, sleeps, blocked, pending } = view;
  const { memory, symbols } = process;
  return html`<div class="thread">
    <h4>
      <span>thread ${tid}</span>${name === '' ? undefined : html`<span class="soft">${name}</span>`}
      <span class="pill ${sleeps ? 'wait' : 'run'}">${state}</span>
    </h4>
    <div class="columns">
      <div>${framesHtml(process, view)}</div>
      <div class="regs">
        ${REGISTERS.map((register) => {
          const word = registerWord(thread, register);
          return html`<span title="${whatIs(Number(word), memory, symbols)}"
            ><b>${register}</b>${word.toString(16)}</span
          >`;
        })}
      </div>
    </div>
    <p class="soft">
      signals blocked: ${maskText(blocked)}; pending: ${maskText(pending)}; TLS: fs
      <code>${registerWord(thread, 'fs_base').toString(16)}</code>, gs
      <code>${registerWord(thread, 'gs_base').toString(16)}</code>
    </p>
    ${wordsHtml('the stack from rsp on', registerOf(thread, 'rsp'), STACK_WORDS, process)}
    ${wordsHtml('the thread control block at fs', registerOf(thread, 'fs_base'), TLS_WORDS, process)}
  </div>`;
}

function framesHtml(process: ProcessView, view: ThreadView): Html {
  const rows = threadFrames(process, view).map(({ address, how }, i) => {
    const name = process.symbols.name(address);
    const guess = how.startsWith('return address');
    return html`<tr>
      <td class="n soft">#${i}</td>
      <td class="n">${address.toString(16)}</td>
      <td class="${guess ? 'guess' : ''}" title="${how}">${guess ? '? ' : ''}${frameName(name)}</td>
    </tr>`;
  });
  const guesses = rows.some(({ text }) => text.includes('class="guess"'));
  return html`<table>
      ${rows}
    </table>
    ${guesses ? html`<p class="soft">? found by looking for return addresses on the stack: a guess.</p>` : undefined}`;
}

function frameName(name: AddressName | undefined): Content {
  if (name === undefined) return 'nothing mapped';
  const object = shortPath(name.object);
  if (name.symbol === undefined) return nameText({ ...name, object }) || 'anonymous memory';
  return html`<b>${nameText(name)}</b> <span class="soft">${object}</span>`;
}

function wordsHtml(title: string, from: number, count: number, { memory, symbols }: ProcessView): Content {
  const rows: Html[] = [];
  const first = from - (from % 8);
  for (let at = first; at < first + count * 8; at += 8) {
    const word = memory.word(at);
    if (word === undefined) break;
    rows.push(
      html`<tr>
        <td class="n soft">${at.toString(16)}</td>
        <td class="n">${word.toString(16).padStart(16, '0')}</td>
        <td>${whatIs(Number(word), memory, symbols)}</td>
      </tr>`,
    );
  }
  if (rows.length === 0) return undefined;
  return html`<details>
    <summary>${title}</summary>
    <div class="scroll">
      <table>
        ${rows}
      </table>
    </div>
  </details>`;
}

/** What a word points to: "work+0x12", "[stack]+0x100", or the text that is there. */
function whatIs(word: number, memory: CoreMemory, symbols: Symbols): string {
  const name = Number.isSafeInteger(word) && word > 0 ? symbols.name(word) : undefined;
  if (name === undefined) return '';
  const text = textAt(word, memory);
  const where = nameText(name) || 'anonymous memory';
  return text === '' ? where : `${where}: “${text}”`;
}

function textAt(address: number, memory: CoreMemory): string {
  const bytes = memory.readSome(address, LONGEST_TEXT);
  const [text = ''] = /^[\x20-\x7e]*/.exec(Buffer.from(bytes).toString('latin1'))!;
  return text.length >= 4 ? text : '';
}

const shortPath = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
