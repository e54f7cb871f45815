// What was written from a school's register: returns, lists of the day, and early letters.

import { ask } from './api.js'
import { downloads } from './documents.js'
import { inset, p } from './dom.js'
import { schoolPage } from './mine.js'

schoolPage(async ({ la, urn }) => {
  const { files } = await ask(`/schools/${la}/${urn}/returns`)
  const latest = files.sort((a, b) => b.written_at.localeCompare(a.written_at))
  return latest.length
    ? [p('The latest first. They name pupils: keep and send them as such.'), downloads(latest, `returns-${urn}.zip`)]
    : inset(p('Nothing was written yet. Returns, lists and letters are written by themselves, from the register that you send, when one is due.'))
})
