/** The memory of a process as a picture: neighbours drawn together, each group to a scale of its own, under it what has a frame. */
import { sizeText } from '../../vkernel/lib/size-text.js';
import { PAGE_BYTES } from '../elfcore/core-image.js';
import { html, Html, type Content } from './html.js';
import type { MapKind, MapView, PageState } from './maps.js';

/** A gap of more than this starts a new group. */
const LARGEST_GAP_BYTES = 4 * 1024 * 1024;
/** Columns that a strip of pages is drawn with. */
const COLUMNS = 400;
const MOST_ROWS = 600;
const MOST_GROUPS = 40;

const KINDS: readonly (readonly [MapKind, string])[] = [
  ['code', 'code'],
  ['constants', 'constants of a file'],
  ['data', 'data of a file'],
  ['heap', 'heap'],
  ['stack', 'stack'],
  ['anonymous', 'anonymous'],
  ['shared', 'shared mapping'],
  ['reserved', 'reserved, no access'],
];
const STATES: readonly (readonly [PageState, string, string])[] = [
  ['own', '--own', 'its own: written by this process'],
  ['file', '--file', 'as the file has it'],
  ['shared', '--shared-page', 'shared with others'],
];

export function mapHtml(maps: readonly MapView[]): Html {
  const groups = groupsOf(maps);
  const used = new Set(maps.map(({ kind }) => kind));
  return html`<div class="legend">
      ${KINDS.filter(([kind]) => used.has(kind)).map(([kind, text]) => legend(`--${kind}`, text))}
    </div>
    ${groups.slice(0, MOST_GROUPS).map(groupHtml)} ${more(groups.length - MOST_GROUPS, 'groups')}
    <div class="legend">
      <span>pages in memory:</span
      >${STATES.map(([, color, text]) => legend(color, text))}${legend('--track', 'not touched yet')}
    </div>
    <details ${new Html(maps.length <= 24 ? 'open' : '')}>
      <summary>${maps.length} mappings</summary>
      ${tableHtml(maps)}
    </details>`;
}

const legend = (color: string, text: string): Html =>
  html`<span><i style="background:var(${color})"></i>${text}</span>`;

export const more = (count: number, what: string): Content =>
  count > 0 ? html`<p class="soft">${count} more ${what} are not shown.</p>` : undefined;

/** Bytes that have a frame, by their state. */
export function residentBytes({ runs }: MapView): Record<PageState, number> {
  const bytes = { own: 0, file: 0, shared: 0 };
  for (const { count, state } of runs) bytes[state] += count * PAGE_BYTES;
  return bytes;
}

function groupsOf(maps: readonly MapView[]): MapView[][] {
  const groups: MapView[][] = [];
  for (const map of maps) {
    const last = groups.at(-1);
    if (last !== undefined && map.start - last.at(-1)!.end <= LARGEST_GAP_BYTES) last.push(map);
    else groups.push([map]);
  }
  return groups;
}

function groupHtml(group: readonly MapView[]): Html {
  const start = group[0]!.start;
  const end = group.at(-1)!.end;
  const percent = (address: number): number => ((address - start) / (end - start)) * 100;
  return html`<div class="group">
    <div class="ruler">
      <span>0x${start.toString(16)}</span><span>${sizeText(end - start)}</span
      ><span>0x${end.toString(16)}</span>
    </div>
    <div class="bar">
      ${group.slice(0, MOST_ROWS).map((map) => {
        const width = percent(map.end) - percent(map.start);
        return html`<span
          class="${width < 5 ? 'narrow' : ''}"
          title="${titleOf(map)}"
          style="left:${percent(map.start).toFixed(3)}%;width:${width.toFixed(3)}%;background:var(--${map.kind})"
          >${width < 5 ? '' : shortName(map)}</span
        >`;
      })}
    </div>
    <div class="pages" style="${gradient(group, start, end)}"></div>
  </div>`;
}

function titleOf(map: MapView): string {
  const { own, file, shared } = residentBytes(map);
  return `0x${map.start.toString(16)}-0x${map.end.toString(16)} ${map.access} ${map.label}: ${sizeText(map.end - map.start)}, in memory ${sizeText(own + file + shared)}`;
}

const shortName = ({ label, kind }: MapView): string => label.slice(label.lastIndexOf('/') + 1) || kind;

/** The pages of some mappings as colours from left to right: each column has the colour of what most of its pages are. */
function gradient(maps: readonly MapView[], start: number, end: number): string {
  const counts = STATES.map(() => new Float64Array(COLUMNS));
  const pagesOfColumn = (end - start) / PAGE_BYTES / COLUMNS;
  for (const map of maps) {
    for (const { at, count, state } of map.runs) {
      const row = counts[STATES.findIndex(([name]) => name === state)]!;
      const first = ((map.start - start) / PAGE_BYTES + at) / pagesOfColumn;
      const last = first + count / pagesOfColumn;
      for (let column = Math.floor(first); column < Math.min(last, COLUMNS); column++)
        row[column]! += Math.min(column + 1, last) - Math.max(column, first);
    }
  }
  const stops: string[] = [];
  let from = 0;
  let color = columnColor(counts, 0);
  for (let column = 1; column <= COLUMNS; column++) {
    const next = column < COLUMNS ? columnColor(counts, column) : '';
    if (next === color) continue;
    stops.push(`${color} ${percentOf(from)} ${percentOf(column)}`);
    from = column;
    color = next;
  }
  return `background-image:linear-gradient(to right,${stops.join(',')})`;
}

const percentOf = (column: number): string => `${((column / COLUMNS) * 100).toFixed(2)}%`;

/** A column with little in it is as faint as that, but never invisible. */
function columnColor(counts: readonly Float64Array[], column: number): string {
  const parts = counts.map((row) => row[column]!);
  const filled = parts.reduce((sum, part) => sum + part, 0);
  if (filled <= 0) return 'transparent';
  const [, color] = STATES[parts.indexOf(Math.max(...parts))]!;
  if (filled > 0.9) return `var(${color})`;
  const strength = Math.max(20, Math.round((filled * 100) / 10) * 10);
  return `color-mix(in srgb,var(${color}) ${strength}%,transparent)`;
}

function tableHtml(maps: readonly MapView[]): Html {
  return html`<div class="scroll">
    <table>
      <tr>
        <th>from</th>
        <th>to</th>
        <th class="r">size</th>
        <th class="r">in memory</th>
        <th>pages</th>
        <th></th>
        <th>of</th>
      </tr>
      ${maps.slice(0, MOST_ROWS).map((map) => {
        const { own, file, shared } = residentBytes(map);
        return html`<tr>
          <td class="n">${map.start.toString(16)}</td>
          <td class="n">${map.end.toString(16)}</td>
          <td class="n r">${sizeText(map.end - map.start)}</td>
          <td class="n r">${own + file + shared === 0 ? '–' : sizeText(own + file + shared)}</td>
          <td class="mid"><div class="strip" style="${gradient([map], map.start, map.end)}"></div></td>
          <td class="n">${map.access}</td>
          <td><span class="swatch" style="background:var(--${map.kind})"></span>${map.label || map.kind}</td>
        </tr>`;
      })}
    </table>
    ${more(maps.length - MOST_ROWS, 'mappings')}
  </div>`;
}
