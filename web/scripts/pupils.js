// Whom a school must look at now: near the threshold, while support can still come first; code N left too long; and who has met it.

import { Problem, every } from './api.js'
import { el, h2, h3, inset, link, list, p } from './dom.js'
import { leads, schoolPage } from './mine.js'
import { paged } from './paged.js'
import { count, day, named, shortDay } from './words.js'

schoolPage(async (school) => {
  const shown = (which) => every(`/schools/${school.la}/${school.urn}/pupils?show=${which}&limit=100`, (given) => { asAt = given.as_at; return given.pupils }, Infinity)
  let asAt = null
  let found
  try {
    found = await Promise.all(['near', 'n_overdue', 'met'].map(shown))
  } catch (problem) {
    if (!(problem instanceof Problem && problem.status === 404)) throw problem
    return [inset(p('Nothing that this school sent has given a position yet.')), p(link(leads('/send.html', school), 'Send a file'))]
  }
  const [near, overdue, met] = found
  return [
    p(`As at ${day(asAt)}. Sessions are those missed in the last ten school weeks that count towards the threshold of the national framework. These names are for your school and its officer.`),
    h2('Near the threshold: 7 to 9 sessions'),
    near.length
      ? [p(`${count(near.length, 'pupil')}. Support comes first: offer it now, before the threshold is met.`), support(school),
          paged('Near the threshold', ['Pupil', 'Year', ['Sessions', 1], ['To go', 1], 'Which', 'The oldest drop out on'], near, (each) => [
            named(each.pupil), year(each), String(each.count), String(each.to_go), sessions(each.sessions), each.drops_on ? shortDay(each.drops_on) : '–'
          ], { captionHidden: true })]
      : inset(p('No pupil has 7 to 9 sessions.')),
    h2('Code N left too long'),
    overdue.length
      ? [p('Code N says that the reason is not yet known. It must be replaced within five school days: by the code of the reason, or by O where none could be established (SI 2024/208, reg. 10(7) to (9)). Mend it in your register, and send that again.'),
          paged('Code N left too long', ['Pupil', 'Year', 'Sessions with N', 'Overdue since'], overdue, (each) => [
            named(each.pupil), year(each), sessions(each.n_overdue), shortDay(each.n_overdue.map((one) => one.overdue_since).sort()[0])
          ], { captionHidden: true })]
      : inset(p('No code N is left too long.')),
    h2('Threshold met'),
    met.length
      ? [p(`${count(met.length, 'pupil')}. An officer of the authority looks at each and decides, and sees the support that you sent.`),
          paged('Threshold met', ['Pupil', 'Year', ['Sessions', 1], 'Only with code N'], met, (each) => [
            named(each.pupil), year(each), String(each.count), each.provisional ? 'Yes' : 'No'
          ], { captionHidden: true })]
      : inset(p('No pupil has met the threshold.'))
  ]
})

const year = (each) => (each.pupil.on_roll ? each.pupil.year_group ?? '–' : 'Left')

/** Sessions as "10 Nov 2025 AM (U), PM (U)", a day a line. */
function sessions(all) {
  const days = Map.groupBy(all, (each) => each.date)
  return el('ul', { class: 'govuk-list govuk-!-margin-bottom-0' }, [...days].map(([date, each]) =>
    el('li', { class: 'app-nowrap' }, `${shortDay(date)} ${each.map((one) => `${one.session} (${one.code})`).join(', ')}`)))
}

function support(school) {
  return [
    h3('What support to offer, and how to record it'),
    list(
      'Talk with the pupil and the parents: what keeps them from school, in and out of it?',
      'Agree what the school does about it, who does it, and when you look at it together again. Put it in writing.',
      'Where more than school is behind it, an early help assessment, or a referral to the service that can help.',
      'Offer an attendance contract: it is voluntary, and no admission of anything.'),
    p('Record each step, what came of it too, in your file of support, and ', link(leads('/send.html', school), 'send it'), '. Support that is not on record is not seen when an officer decides.')
  ]
}
