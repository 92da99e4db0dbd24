/** A core as one page of HTML: nothing is loaded from anywhere, nothing runs, and no text of the core is taken for markup. */
import { sizeText } from '../../vkernel/lib/size-text.js';
import { PAGE_BYTES } from '../elfcore/core-image.js';
import type { CoreView, ProcessView } from './core-view.js';
import { html, Html, type Content } from './html.js';
import { mapHtml, more, residentBytes } from './map-html.js';
import { STYLE } from './page-style.js';
import { threadHtml } from './thread-html.js';

export interface PageFacts {
  /** The file's name, for the title. */
  readonly title: string;
  /** "vkernel core, format 1". */
  readonly what: string;
  readonly fileBytes: number;
  readonly pageCount: number;
  /** Undefined where the file does not say. */
  readonly ramBytes: number | undefined;
  /** CLOCK_REALTIME at the freeze, in milliseconds since the epoch; undefined where the file does not say. */
  readonly frozenAtMs: number | undefined;
  /** Of the signal that ended the lead process. */
  readonly siginfo: string | null;
}

const MOST_PROCESSES = 64;
const MOST_THREADS = 24;
const MOST_FILES = 300;

export function corePage(facts: PageFacts, core: CoreView): string {
  const threads = core.processes.reduce((sum, { threads: own }) => sum + own.length, 0);
  const title = facts.title;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          <div class="soft">${facts.what}${frozenText(facts.frozenAtMs)}</div>
          ${facts.siginfo === null ? undefined : html`<div class="crash">${facts.siginfo}</div>`}
          <div class="tiles">
            ${tile(core.processes.length, core.processes.length === 1 ? 'process' : 'processes')}
            ${tile(threads, threads === 1 ? 'thread' : 'threads')}
            ${tile(sizeText(facts.pageCount * PAGE_BYTES), 'memory in the file')}
            ${facts.ramBytes === undefined ? undefined : tile(sizeText(facts.ramBytes), 'memory of the machine')}
            ${tile(sizeText(facts.fileBytes), 'size of the file')}
          </div>
          <section class="card">
            <header><h2>Processes</h2></header>
            <ul class="tree">
              ${treeHtml(core)}
            </ul>
          </section>
          ${core.processes.slice(0, MOST_PROCESSES).map(processHtml)}
          ${more(core.processes.length - MOST_PROCESSES, 'processes')}
          <footer>Written by vkernel inspect. This page loads nothing and runs nothing.</footer>
        </main>
      </body>
    </html> `.text;
}

const tile = (value: string | number, what: string): Html =>
  html`<div class="tile"><b>${value}</b><span>${what}</span></div>`;

function frozenText(atMs: number | undefined): string {
  const date = new Date(atMs ?? NaN);
  return Number.isNaN(date.getTime())
    ? ''
    : `, frozen ${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

interface Branch {
  readonly pid: number;
  readonly ppid: number;
  readonly line: Html;
}

/** Children below their parents; whose parent is not there stands at the top. A file may say that two are each other's parents. */
function treeHtml({ processes, zombies }: CoreView): Content {
  const alive = processes.map((process, i): Branch => {
    const { pid, ppid, name, commandLine, state, threads } = process;
    const label = html`<b>${name || '?'}</b>`;
    const pill = html`<span
      class="pill ${state === 'running' ? 'run' : state === 'sleeping' ? 'wait' : 'bad'}"
      >${state}</span
    >`;
    const link = i < MOST_PROCESSES ? html`<a href="#p${pid}">${label}</a>` : label;
    const count = threads.length > 1 ? html` <span class="soft">${threads.length} threads</span>` : undefined;
    return {
      pid,
      ppid,
      line: html`<span class="pid">${pid}</span>${link} ${pill}${count}
        <code class="soft">${commandLine}</code>`,
    };
  });
  const dead = zombies.map(({ pid, ppid, name }): Branch => ({
    ...{ pid, ppid },
    line: html`<span class="pid">${pid}</span><b>${name || '?'}</b> <span class="pill">zombie</span>`,
  }));
  const left = new Map([...alive, ...dead].map((branch) => [branch.pid, branch]));
  const childrenOf = (pid: number): Branch[] =>
    [...left.values()].filter(({ ppid, pid: own }) => ppid === pid && own !== pid);
  const item = (branch: Branch, depth: number): Content => {
    if (!left.delete(branch.pid)) return undefined;
    const children = depth < 50 ? childrenOf(branch.pid) : [];
    const below =
      children.length === 0
        ? undefined
        : html`<ul>
            ${children.map((child) => item(child, depth + 1))}
          </ul>`;
    return html`<li>${branch.line}${below}</li>`;
  };
  const tops = [...left.values()].filter(({ ppid, pid }) => ppid === pid || !left.has(ppid));
  const items = tops.map((branch) => item(branch, 0));
  while (left.size > 0) items.push(item(left.values().next().value!, 0));
  return items;
}

function processHtml(process: ProcessView): Html {
  const { pid, ppid, pgrp, sid, uid, gid, name, commandLine, state, maps, threads } = process;
  const total = maps.reduce(
    (sum, map) => {
      const { own, file, shared } = residentBytes(map);
      return { own: sum.own + own, file: sum.file + file, shared: sum.shared + shared };
    },
    { own: 0, file: 0, shared: 0 },
  );
  return html`<section class="card" id="p${pid}">
    <header>
      <h2>${name || '?'} <span class="soft">${pid}</span></h2>
      <code>${commandLine}</code>
    </header>
    <div class="soft">
      ${state} &middot; parent ${ppid} &middot; group ${pgrp} &middot; session ${sid} &middot; user
      ${uid}:${gid} &middot; in memory: ${sizeText(total.own)} of its own, ${sizeText(total.file)} of files,
      ${sizeText(total.shared)} shared
    </div>
    <h3>Memory</h3>
    ${mapHtml(maps)}
    <h3>${threads.length} ${threads.length === 1 ? 'thread' : 'threads'}</h3>
    ${threads.slice(0, MOST_THREADS).map((thread) => threadHtml(process, thread))}
    ${threads.length > MOST_THREADS ? otherThreads(process) : undefined} ${filesHtml(process)}
  </section>`;
}

function otherThreads({ threads, symbols }: ProcessView): Html {
  const rest = threads.slice(MOST_THREADS);
  const rows = rest.slice(0, 1000).map(({ tid, state, thread }) => {
    const name = symbols.name(Number(thread.registers[16]!));
    return html`<tr>
      <td class="n">${tid}</td>
      <td>${name?.symbol ?? ''}</td>
      <td>${state}</td>
    </tr>`;
  });
  return html`<details>
    <summary>${rest.length} more threads</summary>
    <table>
      ${rows}
    </table>
    ${more(rest.length - 1000, 'threads')}
  </details>`;
}

function filesHtml({ files }: ProcessView): Content {
  if (files.length === 0) return undefined;
  const rows = files.slice(0, MOST_FILES).map(
    ({ fd, path, kind, offset, closesOnExec }) =>
      html`<tr>
        <td class="n r">${fd}</td>
        <td>${path}</td>
        <td class="n">${offset > 0 ? offset : ''}</td>
        <td class="soft">${kind}</td>
        <td class="soft">${closesOnExec ? 'close on exec' : ''}</td>
      </tr>`,
  );
  return html`<h3>Open files</h3>
    <div class="scroll">
      <table>
        <tr>
          <th class="r">fd</th>
          <th>file</th>
          <th>at</th>
          <th></th>
          <th></th>
        </tr>
        ${rows}
      </table>
    </div>
    ${more(files.length - MOST_FILES, 'files')}`;
}
