// What a school sent, the latest first, with the report on each.

import { every } from './api.js'
import { inset, link, p, tag } from './dom.js'
import { leads, schoolPage } from './mine.js'
import { paged } from './paged.js'
import { count, moment, size } from './words.js'

schoolPage(async (school) => {
  // The API lists the oldest first, and readers want the latest: so all are read.
  const uploads = await every(`/uploads/${school.la}/${school.urn}?limit=100`, (given) => given.uploads, Infinity)
  const send = p(link(leads('/send.html', school), uploads.length ? 'Send another file' : 'Send a file'))
  if (!uploads.length) return [inset(p('No file arrived from this school yet.')), send]
  return [
    p(`${count(uploads.length, 'file')}, the latest first.`), send,
    paged('Files sent', ['Arrived', 'Status', ['Size', 1]], uploads.reverse(), (each) => [
      each.status === 'answered' ? link(leads('/report.html', school, { upload: each.upload }), 'Report of ', moment(each.received_at)) : moment(each.received_at),
      each.status === 'answered' ? tag('Answered', 'green') : tag('Being checked', 'yellow'),
      size(each.bytes)
    ], { captionHidden: true, headed: false })
  ]
})
