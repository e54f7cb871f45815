// One school as its authority looks at it: how its pupils stand, in figures, its returns, and its packs.

import { Problem, ask, every } from './api.js'
import { downloads, nothing } from './documents.js'
import { el, h2, inset, link, p, scrolling, svg, table } from './dom.js'
import { page, parameter } from './page.js'
import { count, day } from './words.js'

const SUMS = { met: 'Threshold met', provisional: 'Of these, only with code N', request_ready: 'Met, and nothing stands in the way', persistent: 'Persistent absence (10% or more)', severe: 'Severe absence (50% or more)' }

page('officer', async () => {
  const [la, urn] = [parameter('la') ?? '', parameter('urn') ?? '']
  const at = `/schools/${encodeURIComponent(la)}/${encodeURIComponent(urn)}`
  const [{ schools }, positions, returns, packs] = await Promise.all([
    ask(`/schools?la=${encodeURIComponent(la)}`),
    ask(`${at}/positions`).catch((problem) => { if (problem instanceof Problem && problem.status === 404) return null; throw problem }),
    ask(`${at}/returns`),
    every(`/packs?la=${encodeURIComponent(la)}&limit=100`, (given) => given.documents)
  ])
  const school = schools.find((each) => each.urn === urn)
  if (!school) throw new Problem(404)
  const mine = packs.filter((each) => each.name.includes(`-${urn}-`))
  return [
    p(el('strong', {}, school.name || `School ${urn}`), ` (URN ${urn})`),
    p(link(`/cases.html?la=${la}&school=${urn}`, 'Open cases of this school')),
    h2('How its pupils stand'),
    ...(positions ? standing(positions) : [inset(p('Nothing that the school sent has given a position yet.'))]),
    h2('Packs of Targeting Support Meetings'), ...(mine.length ? downloads(mine, `packs-${urn}.zip`) : [nothing('No pack was written for this school yet.')]),
    h2('Returns, lists and letters'), ...(returns.files.length ? downloads(returns.files, `returns-${urn}.zip`) : [nothing('None yet.')])
  ]
})

function standing(positions) {
  const pupils = positions.pupils
  const of = (what) => pupils.filter((each) => each[what]).length
  const rows = Object.entries(SUMS).map(([what, says]) => [says, of(what)])
  return [
    p(`${count(pupils.length, 'pupil')}${positions.as_at ? `, as at ${day(String(positions.as_at).slice(0, 10))}` : ''}.`),
    scrolling('How its pupils stand, as a picture', bars(rows, pupils.length)),
    table('The figures', ['How they stand', ['Pupils', 1], ['Share', 1]], rows.map(([says, n]) => [says, String(n), pupils.length ? `${((n / pupils.length) * 100).toFixed(1)}%` : '–']), { captionHidden: true })
  ]
}

/** A bar a row from zero, its label on the left and its figure at its end. */
function bars(rows, all) {
  const [start, room] = [290, 400]
  const body = rows.flatMap(([says, n], row) => {
    const [y, length] = [8 + 30 * row, all ? (room * n) / all : 0]
    return [
      svg('text', { x: start - 10, y: y + 16, 'text-anchor': 'end', fill: '#1a1a1a' }, says),
      svg('rect', { x: start, y: y + 2, width: length, height: 18, fill: '#2f6f9f' }),
      svg('text', { x: start + length + 8, y: y + 16, fill: '#1a1a1a', 'font-weight': '700' }, String(n))
    ]
  })
  const title = `Of ${count(all, 'pupil')}: ${rows.map(([says, n]) => `${says} ${n}`).join('; ')}.`
  return svg('svg', { viewBox: `0 0 760 ${16 + 30 * rows.length}`, role: 'img', 'font-size': '14' }, svg('title', {}, title),
    svg('path', { stroke: '#1a1a1a', d: `M${start} 4V${12 + 30 * rows.length}` }), body)
}
