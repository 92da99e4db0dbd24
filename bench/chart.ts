/** The ratios to qemu-user as a picture: one bar for each row, on a logarithmic axis, to the left where vkernel is faster. */
import type { Machine } from './report.js';
import { ratios, type Times } from './table.js';

const WIDTH = 860;
const LABELS = 300;
const RIGHT = 150;
const ROW = 22;
const TOP = 56;
const BOTTOM = 40;
const FASTER = '#2f7d5b';
const SLOWER = '#b5533c';
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10];

interface Bar {
  readonly title: string;
  readonly ratio: number;
  readonly least: number;
  readonly most: number;
  readonly toNative: number | undefined;
}

/** @returns an SVG document; rows without a run under qemu-user are left out */
export function chart(of: Machine, results: ReadonlyMap<string, Times>): string {
  const bars = [...results].flatMap(([title, { native, qemu, vkernel }]): Bar[] => {
    if (!vkernel || !qemu) return [];
    return [{ title, ...ratios(vkernel, qemu), toNative: native && ratios(vkernel, native).ratio }];
  });
  const [low, high] = range(bars);
  const place = (ratio: number): number => {
    const within = Math.min(Math.max(ratio, low), high);
    return LABELS + (Math.log(within / low) / Math.log(high / low)) * (WIDTH - LABELS - RIGHT);
  };
  const height = TOP + bars.length * ROW + BOTTOM;
  const bottom = height - BOTTOM + 4;
  const grid = TICKS.filter((tick) => tick >= low && tick <= high).map((tick) => {
    const x = place(tick).toFixed(1);
    const stroke = tick === 1 ? '#555' : '#ddd';
    return `<path d="M${x} ${TOP - 6}V${bottom}" stroke="${stroke}"/><text x="${x}" y="${bottom + 14}" text-anchor="middle" class="small">${tick} x</text>`;
  });
  const rows = bars.map((bar, index) => shown(bar, TOP + index * ROW, place));
  const versions = `Node ${of.node}, qemu-user ${of.qemuUser ?? '-'}, ${of.cpus} x ${of.cpu}; medians of ${of.runs}, whiskers run by run`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13">`,
    `<style>.small{font-size:11px;fill:#555}text{fill:#222}</style><rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="16" y="22" font-weight="600">Time under vkernel, relative to qemu-user (left of 1 x: vkernel is faster)</text>`,
    `<text x="16" y="40" class="small">${escaped(versions)}</text>`,
    `<text x="${WIDTH - 12}" y="40" text-anchor="end" class="small">to native</text>`,
    ...grid,
    ...rows,
    '</svg>\n',
  ].join('\n');
}

/** The axis: what is there, and at least from half to twice. */
function range(bars: readonly Bar[]): [low: number, high: number] {
  const values = bars.flatMap(({ least, most }) => [least, most]);
  const low = TICKS.findLast((tick) => tick <= Math.min(0.5, ...values)) ?? TICKS[0]!;
  const high = TICKS.find((tick) => tick >= Math.max(2, ...values)) ?? TICKS.at(-1)!;
  return [low, high];
}

function shown(
  { title, ratio, least, most, toNative }: Bar,
  y: number,
  place: (ratio: number) => number,
): string {
  const [one, end] = [place(1), place(ratio)];
  const middle = y + ROW / 2;
  const x = Math.min(one, end).toFixed(1);
  const width = Math.max(1, Math.abs(end - one)).toFixed(1);
  const native = toNative === undefined ? '' : `${toNative.toFixed(2)} x`;
  return [
    `<text x="${LABELS - 12}" y="${middle + 4}" text-anchor="end">${escaped(title)}</text>`,
    `<rect x="${x}" y="${y + 4}" width="${width}" height="${ROW - 8}" fill="${ratio <= 1 ? FASTER : SLOWER}"/>`,
    `<path d="M${place(least).toFixed(1)} ${middle}H${place(most).toFixed(1)}" stroke="#222" opacity="0.6"/>`,
    `<text x="${WIDTH - RIGHT + 10}" y="${middle + 4}" class="small">${ratio.toFixed(2)} x</text>`,
    `<text x="${WIDTH - 12}" y="${middle + 4}" text-anchor="end" class="small">${native}</text>`,
  ].join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
