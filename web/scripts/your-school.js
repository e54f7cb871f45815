// The first page of a school: what there is to do, and what was sent last.

import { every } from './api.js'
import { el, h2, inset, link, p } from './dom.js'
import { leads, schoolPage } from './mine.js'
import { moment } from './words.js'

const TO_DO = [
  ['/send.html', 'Send a file', 'The register, the pupils, the parents, support, the calendar: one file or a ZIP of several.'],
  ['/sent.html', 'Files sent', 'What arrived, with the report on each: what was taken, and what to mend.'],
  ['/pupils.html', 'Pupils to look at', 'Who is near the threshold, so that support comes first, and where code N was left too long.'],
  ['/returns.html', 'Returns, lists and letters', 'What was written from your register, to download.']
]

schoolPage(async (school) => {
  const uploads = await every(`/uploads/${school.la}/${school.urn}?limit=100`, (given) => given.uploads, Infinity)
  const last = uploads.at(-1)
  return [
    last
      ? p('The last file arrived on ', link(leads('/report.html', school, { upload: last.upload }), moment(last.received_at)), '.')
      : inset(p('Nothing arrived from this school yet. Begin with the register of attendance; the other files can follow.')),
    h2('What you can do'),
    el('ul', { class: 'govuk-list' }, TO_DO.map(([path, says, what]) => el('li', { class: 'govuk-!-margin-bottom-4' },
      link(leads(path, school), el('strong', {}, says)), el('br'), what)))
  ]
})
