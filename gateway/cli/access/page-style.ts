/** The look of the page: light or dark as the reader's system is, and plain on paper. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1b1f24; --faint: #667080; --line: #dfe3e8; --head: #f4f6f8;
  --yes: #0b6b3a; --yes-back: #e2f5e9; --if: #7a4b00; --if-back: #fff3d6; --odd: #8a2a6a; --odd-back: #fbe9f5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e4e7eb; --faint: #98a2b0; --line: #2c323a; --head: #1d2228;
    --yes: #7ddba3; --yes-back: #12301f; --if: #f2c66d; --if-back: #372a0d; --odd: #f0a5d6; --odd-back: #3a1830;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0; padding: 2rem; width: max-content; min-width: 100%; }
header, section.text, footer { position: sticky; left: 2rem; width: min(72rem, 100vw - 5rem); }
h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; }
.faint { color: var(--faint); }
code { font: .92em/1.4 ui-monospace, 'DejaVu Sans Mono', monospace; overflow-wrap: anywhere; }
dl.sums { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0 0; }
dl.sums div { border: 1px solid var(--line); border-radius: .5rem; padding: .4rem .9rem; min-width: 7rem; }
dl.sums dt { color: var(--faint); font-size: .85rem; }
dl.sums dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
dl.sums .odd dd { color: var(--odd); }
ul.open { list-style: none; margin: 0; padding: 0; }
ul.open li { padding: .15rem 0; }
ul.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .4rem 1.5rem; margin: 0 0 .75rem; padding: 0; font-size: .9rem; }
.mark { display: inline-block; padding: 0 .45em; border-radius: .3em; }
table { border-collapse: separate; border-spacing: 0; margin: .5rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .7rem; text-align: left; vertical-align: top; }
thead th { position: sticky; top: 0; z-index: 2; background: var(--head); vertical-align: bottom; border-top: 1px solid var(--line); font-size: .9rem; font-weight: 600; }
tbody th { position: sticky; left: 0; z-index: 1; background: var(--paper); font-weight: normal; min-width: 16rem; max-width: 34rem; }
thead th.rule { left: 0; z-index: 3; }
th .line { color: var(--faint); font-variant-numeric: tabular-nums; font-size: .85rem; float: right; margin-left: 1rem; }
th small { display: block; color: var(--faint); }
.method { font-size: .75rem; font-weight: 600; letter-spacing: .02em; margin-right: .35rem; color: var(--faint); }
tbody tr:hover > * { background: var(--head); }
td.yes, .mark.yes { color: var(--yes); }
td.if, .mark.if { color: var(--if); }
td.no { color: var(--faint); opacity: .6; }
tbody tr td.yes, .mark.yes { background: var(--yes-back); }
tbody tr td.if, .mark.if { background: var(--if-back); max-width: 16rem; }
td.odd, .odd small.doubt, .mark.odd { color: var(--odd); }
.mark.odd { background: var(--odd-back); }
tr.dead code { text-decoration: line-through; color: var(--faint); }
table.many th.asker { padding: .5rem .35rem; }
table.many th.asker span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 14rem; overflow-wrap: anywhere; }
table.many tbody th { padding: .25rem .7rem; line-height: 1.35; }
table.many td { text-align: center; padding: .25rem .35rem; min-width: 2.6rem; font-size: .9rem; border-left: 1px solid var(--line); }
ol.notes { padding-left: 2.2rem; }
ol.notes li { overflow-wrap: anywhere; }
a { color: inherit; }
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  :root {
    color-scheme: light;
    --paper: #fff; --ink: #000; --faint: #555; --line: #bbb; --head: #eee;
    --yes: #0b4f2c; --yes-back: #e2f5e9; --if: #5f3a00; --if-back: #fff3d6; --odd: #6b1f52; --odd-back: #fbe9f5;
  }
  html { font-size: 10px; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  body { padding: 0; width: auto; }
  header, section.text, footer, thead th, tbody th { position: static; width: auto; }
  table { width: 100%; }
  tbody th { min-width: 0; max-width: none; }
  td { min-width: 0; }
  table.many { font-size: 9px; }
  table.many th, table.many td { padding: .15rem .3rem; min-width: 0; }
  td.no { opacity: 1; }
  thead { display: table-header-group; }
  tr, li { break-inside: avoid; }
  h2 { break-after: avoid; }
  dl.sums dd { font-size: 1.2rem; }
}
`
