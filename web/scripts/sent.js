// What a school sent, the latest first, page by page, with the report on each.

import { ask } from './api.js'
import { el, inset, link, p, table, tag } from './dom.js'
import { leads, schoolPage } from './mine.js'
import { parameter } from './page.js'
import { moment, size, TAKEN } from './words.js'

schoolPage(async (school) => {
  const cursor = parameter('cursor')
  const found = await ask(`/uploads/${school.la}/${school.urn}?sort=-created&limit=25${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)
  const none = !found.uploads.length && !cursor
  const send = p(link(leads('/send.html', school), none ? 'Send a file' : 'Send another file'))
  if (none) return [inset(p('No file arrived from this school yet.')), send]
  return [
    p('The latest first.'), send,
    table('Files sent', ['File', 'What was taken', 'Arrived', ['Size', 1]], found.uploads.map((each) => [
      each.status === 'answered' ? report(school, each) : each.name,
      each.status === 'answered' ? tag(...TAKEN[each.taken]) : tag('Being checked', 'grey'),
      moment(each.received_at),
      size(each.bytes)
    ]), { captionHidden: true, headed: false }),
    cursor || found.next
      ? el('nav', { 'aria-label': 'Pages of files' },
        cursor ? p(link(leads('/sent.html', school), 'Back to the latest')) : null,
        found.next ? p(link(leads('/sent.html', school, { cursor: found.next }), 'Older files')) : null)
      : null
  ]
})

/** Its report, named so that two files of one name are told apart also when read aloud. */
const report = (school, { upload, name, received_at: at }) => link(leads('/report.html', school, { upload }),
  name, el('span', { class: 'govuk-visually-hidden' }, `, arrived ${moment(at)}: report`))
