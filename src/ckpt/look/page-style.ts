/** The looks of the page, in light and in dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f5f2; --card: #ffffff; --line: #e2dfd8; --text: #22252b; --soft: #666b75; --accent: #2a5db0;
  --code: #3f74c9; --constants: #8fa3bd; --data: #2a9183; --heap: #d9822b; --stack: #8a5cc2; --anonymous: #6f8f52; --shared: #c4527f; --reserved: #cfccc4;
  --own: #c8502d; --file: #7d97b8; --shared-page: #b04a86; --track: #eceae4; --wait: #8a6d1c; --run: #23784a; --bad: #b3261e; --bad-ground: #fdecea;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14161a; --card: #1d2026; --line: #30343c; --text: #e4e6ea; --soft: #9aa1ad; --accent: #86b0f5;
    --code: #5b8fe0; --constants: #67788f; --data: #35a898; --heap: #e0954a; --stack: #a27ddb; --anonymous: #86a869; --shared: #d86f98; --reserved: #3a3e46;
    --own: #ef7f5b; --file: #6f8bb0; --shared-page: #d073ab; --track: #292d34; --wait: #d9b95b; --run: #6cc595; --bad: #ff8a80; --bad-ground: #3b1d1b;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 36px 24px 80px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 21px; margin: 0; overflow-wrap: anywhere; }
h3 { font-size: 13px; margin: 26px 0 8px; color: var(--soft); text-transform: uppercase; letter-spacing: .07em; }
code, .mono, td.n, .regs, .ruler { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 12.5px; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
.soft { color: var(--soft); } .nowrap { white-space: nowrap; }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin: 22px 0; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 18px; min-width: 118px; }
.tile b { display: block; font-size: 22px; font-weight: 600; line-height: 1.25; } .tile span { color: var(--soft); font-size: 13px; }
.crash { background: var(--bad-ground); color: var(--bad); border-radius: 10px; padding: 12px 18px; margin: 18px 0; font-weight: 600; overflow-wrap: anywhere; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 22px 24px 26px; margin: 22px 0; }
.card > header { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: baseline; }
.tree, .tree ul { list-style: none; margin: 0; padding: 0; }
.tree ul { margin-left: 9px; padding-left: 20px; border-left: 1px solid var(--line); }
.tree li { margin: 3px 0; overflow-wrap: anywhere; } .tree .pid { display: inline-block; min-width: 44px; color: var(--soft); font-variant-numeric: tabular-nums; }
.pill { display: inline-block; border: 1px solid currentColor; border-radius: 99px; padding: 0 9px; font-size: 12px; line-height: 1.6; color: var(--soft); overflow-wrap: anywhere; }
.pill.run { color: var(--run); } .pill.wait { color: var(--wait); } .pill.bad { color: var(--bad); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft); margin: 10px 0 4px; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px; vertical-align: -1px; }
.group { margin: 12px 0 16px; }
.ruler { display: flex; justify-content: space-between; color: var(--soft); font-size: 11.5px; }
.bar { position: relative; height: 30px; background: var(--track); border-radius: 5px 5px 0 0; overflow: hidden; }
.bar span { position: absolute; top: 0; bottom: 0; min-width: 2px; border-right: 1px solid var(--card); color: #fff; font-size: 12px; line-height: 30px; padding-left: 7px; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
.bar span.narrow { padding: 0; }
.pages { height: 11px; background-color: var(--track); border-radius: 0 0 5px 5px; margin-top: 2px; }
.strip { height: 10px; min-width: 130px; background-color: var(--track); border-radius: 3px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th { text-align: left; font-weight: 500; color: var(--soft); font-size: 12px; padding: 4px 14px 4px 0; white-space: nowrap; }
td { padding: 4px 14px 4px 0; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
td.n { white-space: nowrap; overflow-wrap: normal; } td.r, th.r { text-align: right; }
td.mid { vertical-align: middle; }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 7px; }
.thread { border-top: 1px solid var(--line); padding: 14px 0 6px; } .thread:first-of-type { border-top: 0; }
.thread h4 { margin: 0 0 8px; font-size: 15px; font-weight: 600; display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; }
.columns { display: grid; grid-template-columns: minmax(0, 1.5fr) minmax(0, 1fr); gap: 10px 30px; }
@media (max-width: 860px) { .columns { grid-template-columns: minmax(0, 1fr); } main { padding: 22px 14px 60px; } }
.regs { display: grid; grid-template-columns: repeat(auto-fill, minmax(186px, 1fr)); gap: 1px 14px; align-content: start; }
.regs b { font-weight: 500; color: var(--soft); display: inline-block; width: 74px; }
.guess { color: var(--soft); font-style: italic; }
details { margin: 8px 0 0; } summary { cursor: pointer; color: var(--accent); font-size: 13.5px; } summary:hover { text-decoration: underline; }
details[open] > summary { margin-bottom: 6px; }
footer { color: var(--soft); font-size: 13px; margin-top: 34px; }
`;
