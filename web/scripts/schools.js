// The schools of an authority, and where to look at each.

import { ask } from './api.js'
import { h2, inset, link, p, table } from './dom.js'
import { page } from './page.js'
import { count } from './words.js'

page('officer', async (me) => {
  const made = []
  const authorities = Object.keys(me.officer)
  for (const la of authorities) {
    const { schools } = await ask(`/schools?la=${la}`)
    if (authorities.length > 1) made.push(h2(`Authority ${la}`))
    made.push(p(`${count(schools.length, 'school')}.`), schools.length
      ? table(`Schools of authority ${la}`, ['School', 'URN', 'Cases'], schools.map((each) => [
          link(`/school.html?la=${la}&urn=${each.urn}`, each.name || `School ${each.urn}`), each.urn,
          link(`/cases.html?la=${la}&school=${each.urn}`, 'Open cases of ', each.name || each.urn)
        ]), { captionHidden: true })
      : inset(p('The directory lists no school of this authority. Whoever runs this service publishes it.')))
  }
  return made
})
