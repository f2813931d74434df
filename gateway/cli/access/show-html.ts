/** The matrix as one page that needs nothing else, no script and no connection: to read, to keep, to print. */
import { createHash } from 'node:crypto'
import type { Access, AccessRow, OpenArea } from '../../policy/index.js'
import { showBounds } from '../open-words.js'
import { showAllow } from '../show-allow.js'
import { printable } from '../shown.js'
import { type AccessReport, conditionIn, doubtOf, nameOf, tally } from './build-report.js'
import { pageStyle } from './page-style.js'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

/** Text of the file for any place of the page, attributes too. */
const markup = (text: string) => printable(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

/** With so many columns there is room for words in the cells. */
const mostWordy = 7

/** Where cells are narrow, conditions stand below the table, each once. */
interface Notes {
  readonly numberOf: (text: string) => number
  readonly all: () => readonly string[]
}

function createNotes(): Notes {
  const numbers = new Map<string, number>()
  return {
    numberOf(text) {
      const number = numbers.get(text) ?? numbers.size + 1
      numbers.set(text, number)
      return number
    },
    all: () => [...numbers.keys()]
  }
}

function showCell(access: Access, notes: Notes | null): string {
  const condition = conditionIn(access)
  if (condition === null) return `<td class="${access.access}">${access.access === 'yes' ? 'yes' : '–'}</td>`
  const [kind, sign] = access.access === 'conditional' ? ['if', 'if'] : ['odd', '?']
  if (notes === null) return `<td class="${kind}">${sign} ${markup(condition)}</td>`
  const number = notes.numberOf(condition)
  return `<td class="${kind}" title="${markup(condition)}">${sign} <a href="#n${number}">${number}</a></td>`
}

function showRule({ methods, hosts, path }: AccessRow['life']['rule']): string {
  const named = (methods ?? []).map((method) => `<span class="method">${markup(method)}</span>`).join('')
  const host = hosts === null ? '' : `<small>only on ${hosts.map(markup).join(', ')}</small>`
  return `${named}<code>${markup(path)}</code>${host}`
}

function showRow(row: AccessRow, notes: Notes | null): string {
  const { life, cells } = row
  const { line, allow, upstream } = life.rule
  const doubt = doubtOf(row)
  const destination = upstream === null || allow.kind === 'nobody' ? '' : ` → ${markup(upstream)}`
  const admits = `<small>admits ${markup(showAllow(allow))}${destination}</small>`
  const kind = life.life === 'alive' ? '' : ` class="odd ${life.life}"`
  const said = doubt === null ? '' : `<small class="doubt">${markup(doubt)}</small>`
  const head = `<th scope="row"><span class="line">${line}</span>${showRule(life.rule)}${said}${admits}</th>`
  const shown =
    life.life === 'dead'
      ? `<td class="odd" colspan="${cells.length}">never matches</td>`
      : cells.map((cell) => showCell(cell, notes)).join('')
  return `<tr${kind}>${head}${shown}</tr>`
}

function showMatrix({ askers, rows }: AccessReport): string {
  const notes = askers.length > mostWordy ? createNotes() : null
  const heads = askers.map((asker) => `<th scope="col" class="asker"><span>${markup(nameOf(asker))}</span></th>`)
  const body = rows.map((row) => showRow(row, notes)).join('\n')
  const listed = notes?.all() ?? []
  const below = listed.map((text, at) => `<li id="n${at + 1}">if ${markup(text)}</li>`).join('\n')
  const conditions =
    below === '' ? '' : `<section class="text"><h2>Conditions</h2><ol class="notes">\n${below}\n</ol></section>`
  return `<table${notes === null ? '' : ' class="many"'}>
<thead><tr><th scope="col" class="rule"><span class="line">line</span>Rule</th>${heads.join('')}</tr></thead>
<tbody>
${body}
</tbody>
</table>
${conditions}`
}

function showOpenArea(area: OpenArea): string {
  const bounds = showBounds(area)
  return `<li>${showRule(area.rule)}${bounds === '' ? '' : ` <span class="faint">${markup(bounds)}</span>`}</li>`
}

function showOpen(open: readonly OpenArea[]): string {
  if (open.length === 0) return '<p>Without signing in nobody reaches anything.</p>'
  return `<ul class="open">\n${open.map(showOpenArea).join('\n')}\n</ul>`
}

function showSums(report: AccessReport): string {
  const { rules, roles, open, dead, undecided } = tally(report)
  const sum = (name: string, number: number, odd = false) =>
    `<div${odd && number > 0 ? ' class="odd"' : ''}><dt>${name}</dt><dd>${number.toLocaleString('en')}</dd></div>`
  const odd = [sum('never match', dead, true), ...(undecided > 0 ? [sum('undecided', undecided, true)] : [])]
  return `<dl class="sums">${[sum('rules', rules), sum('roles', roles), sum('open to anyone', open), ...odd].join('')}</dl>`
}

const legend = `<ul class="legend">
<li><span class="mark yes">yes</span> may reach all that comes to the rule</li>
<li><span class="mark if">if …</span> may, having this too</li>
<li><span class="mark">–</span> may not by this alone</li>
<li><span class="mark odd">?</span> could not be decided</li>
</ul>`

export function showHtml(report: AccessReport): string {
  const { file, revision, open } = report
  const digest = createHash('sha256').update(pageStyle).digest('base64')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Who may reach what: ${markup(file)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1>Who may reach what</h1>
<p class="faint"><code>${markup(file)}</code>, revision <code>${markup(revision)}</code></p>
${showSums(report)}
</header>
<section class="text">
<h2>What anyone may reach, without signing in</h2>
${showOpen(open)}
</section>
<section class="text">
<h2>Rules and roles</h2>
<p>The first rule that fits a request decides it; what no rule covers is refused. Each column tells what its role gives by itself: whoever has several roles may do what any of them may. <i>Signed in</i> is anybody with a valid token, whatever the roles.</p>
${legend}
</section>
${showMatrix(report)}
</body>
</html>
`
}
