// The school weeks of a case as a picture, in the manner of functions/attendance/pictures.py, and its figures as a table.
//
// A counted session is a filled box with its code in white and bold, any other a thin frame: colour is never alone.

import { CODES } from './facts.js'
import { details, el, scrolling, svg, table } from './dom.js'
import { count, day, shortDay } from './words.js'

const WIDTH = 760
const LEFT = 112
const RIGHT = WIDTH - 84
const GAP = 8
const ROW = 26
const INK = '#1a1a1a'
const FAINT = '#767676'
const NAMES = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const MARKS = { '-': 'no mark', '.': 'not held' }

/** The picture, its legend and its table. */
export function weeksSeen(weeks) {
  const codes = [...new Set(weeks.flatMap((week) => week.sessions.map((each) => each.code)))].sort()
  return [
    scrolling('The school weeks', picture(weeks)),
    el('p', { class: 'govuk-body-s' }, 'A filled box counts towards the threshold. A frame does not. A frame with a line through it was used by an earlier notice.'),
    details('What the codes mean', el('dl', { class: 'govuk-summary-list govuk-summary-list--no-border' }, codes.map((code) =>
      el('div', { class: 'govuk-summary-list__row' },
        el('dt', { class: 'govuk-summary-list__key' }, code),
        el('dd', { class: 'govuk-summary-list__value' }, CODES[code]?.says ?? MARKS[code] ?? 'unknown'))))),
    table('The same week by week', ['Week of', ['Counted', 1], 'Sessions that count', 'Other absence'],
      weeks.map((week) => [
        el('span', { class: 'app-nowrap' }, shortDay(week.week)), String(week.counted), said(week.sessions.filter((each) => each.counts)),
        said(week.sessions.filter((each) => !each.counts && (each.used || absent(each.code))))
      ]))
  ]
}

const absent = (code) => code === '-' || /absence/.test(CODES[code]?.name ?? '')
const said = (sessions) => sessions.map((each) => `${NAMES[weekday(each.date)]} ${each.session} ${each.code === '-' ? 'no mark' : each.code}${each.used ? ' (used)' : ''}`).join(', ') || 'None'
const weekday = (iso) => (new Date(`${iso}T00:00:00Z`).getUTCDay() + 6) % 7

function picture(weeks) {
  const total = weeks.reduce((sum, week) => sum + week.counted, 0)
  const days = Math.max(5, ...weeks.flatMap((week) => week.sessions.map((each) => weekday(each.date) + 1)))
  const cell = Math.floor((RIGHT - LEFT - GAP * (days - 1)) / (2 * days))
  const x = (n, half) => LEFT + (2 * n + (half === 'PM' ? 1 : 0)) * cell + n * GAP
  const body = []
  for (let n = 0; n < days; n++) {
    body.push(text(x(n, 'PM'), 20, NAMES[n], 'middle', INK, true))
    body.push(text(x(n, 'AM') + cell / 2, 42, 'AM', 'middle', '#505050'), text(x(n, 'PM') + cell / 2, 42, 'PM', 'middle', '#505050'))
  }
  body.push(text(WIDTH, 42, 'Counted', 'end', INK, true))
  let y = 54
  weeks.forEach((week, n) => {
    if (n && new Date(week.week) - new Date(weeks[n - 1].week) > 7 * 86400000) {
      body.push(svg('path', { stroke: FAINT, 'stroke-dasharray': '2 4', d: `M0 ${y + 4}H${WIDTH}` }))
      y += 10
    }
    body.push(text(0, y + 18, shortDay(week.week)), text(WIDTH, y + 18, String(week.counted), 'end', INK, week.counted > 0))
    for (const each of week.sessions) body.push(...box(x(weekday(each.date), each.session), y, cell, each))
    y += ROW
  })
  body.push(svg('path', { stroke: INK, 'stroke-width': '1.5', d: `M${RIGHT + 16} ${y + 4}H${WIDTH}` }))
  body.push(text(RIGHT, y + 24, 'Total', 'end', INK, true), text(WIDTH, y + 24, String(total), 'end', INK, true))
  const span = weeks.length ? ` from the week of ${day(weeks[0].week)} to the week of ${day(weeks.at(-1).week)}` : ''
  const title = `${count(weeks.length, 'school week')}${span}: ${count(total, 'session')} counted. The table below has the figures.`
  return svg('svg', { viewBox: `0 0 ${WIDTH} ${y + 32}`, role: 'img', 'font-size': '14' }, svg('title', {}, title), body)
}

function box(x, y, width, { code, counts, used }) {
  const place = { x: x + 1.5, y: y + 1.5, width: width - 3, height: ROW - 3 }
  const frame = counts
    ? { ...place, fill: CODES[code].colour, stroke: INK, 'stroke-width': '2' }
    : { ...place, fill: 'none', stroke: FAINT, 'stroke-width': '0.75' }
  const through = used && svg('path', { stroke: INK, d: `M${x + 4} ${y + ROW - 5}L${x + width - 4} ${y + 5}` })
  return [svg('rect', frame), text(x + width / 2, y + 18, code, 'middle', counts ? '#ffffff' : INK, counts), through]
}

function text(x, y, says, anchor = 'start', fill = INK, bold = false) {
  return svg('text', { x, y, 'text-anchor': anchor, fill, 'font-weight': bold ? '700' : null }, says)
}
