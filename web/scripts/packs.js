// The packs of Targeting Support Meetings: one a school and term.

import { every } from './api.js'
import { downloads, nothing } from './documents.js'
import { h2, p } from './dom.js'
import { page } from './page.js'

page('officer', async (me) => {
  const made = [p('Each pack is written on the last day of a term: how a school’s pupils attend, and whom to talk about with it. It names pupils; send it as such.')]
  const authorities = Object.keys(me.officer)
  for (const la of authorities) {
    const packs = await every(`/packs?la=${la}&limit=100`, (page) => page.documents)
    if (authorities.length > 1) made.push(h2(`Authority ${la}`))
    made.push(...(packs.length ? downloads(packs, `packs-${la}.zip`) : [nothing('No pack was written yet. The first comes at the end of the term.')]))
  }
  return made
})
