// The schools of an authority: how each stands, when it last sent a file, and where to look at it.

import { ask } from './api.js'
import { el, h2, inset, link, p, table } from './dom.js'
import { page, parameter } from './page.js'
import { count, moment, shortDay } from './words.js'

const FIGURES = [['met', 'Threshold met'], ['near', 'Near it'], ['persistent', 'Persistent absence'], ['severe', 'Severe absence']]

page('officer', async (me) => {
  const made = []
  const authorities = Object.keys(me.officer)
  for (const la of authorities) {
    const here = parameter('la') === la ? parameter('cursor') : null
    const { schools, next } = await ask(`/standings?la=${la}&limit=25${here ? `&cursor=${encodeURIComponent(here)}` : ''}`)
    if (authorities.length > 1) made.push(h2(`Authority ${la}`))
    made.push(p(`${count(schools.length, 'school')}${next || here ? ' on this page' : ''}.`), schools.length
      ? table(`Schools of authority ${la}`, ['School', ['Pupils', 1], ...FIGURES.map(([, says]) => [says, 1]), 'Last file', 'Cases'], schools.map(row), { captionHidden: true })
      : inset(p('The directory lists no school of this authority. Whoever runs this service publishes it.')),
    here ? p(link('/schools.html', 'Back to the first page')) : null,
    next ? p(link(`/schools.html?la=${la}&cursor=${encodeURIComponent(next)}`, 'Next page')) : null)
  }
  return made.filter(Boolean)
})

function row(school) {
  const { la, urn, name, counts } = school
  const figure = (n) => (counts ? n.toLocaleString('en-GB') : '–')
  return [
    [link(`/school.html?la=${la}&urn=${urn}`, name), ` (URN ${urn})`],
    figure(counts?.pupils), ...FIGURES.map(([what]) => figure(counts?.[what])),
    school.last_upload_at ? el('span', { class: 'app-nowrap', title: moment(school.last_upload_at) }, shortDay(school.last_upload_at.slice(0, 10))) : 'Nothing yet',
    link(`/cases.html?la=${la}&school=${urn}`, 'Open cases of ', name)
  ]
}
