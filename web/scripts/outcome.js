// What became of a decision: asked for until it is known.

import { ask } from './api.js'
import { el, inset, link, p, summary } from './dom.js'
import { loading, page, parameter, show } from './page.js'
import { action, day, sentence } from './words.js'

const WAITS = [500, 1000, 1000, 2000, 2000, 3000, 5000, 5000, 10000, 15000, 15000]

page('officer', async () => {
  const id = parameter('decision') ?? ''
  let found = await ask(`/decisions/${encodeURIComponent(id)}`)
  for (const wait of WAITS) {
    if (found.outcome) break
    loading('Recorded. It is being carried out…')
    await new Promise((resolve) => setTimeout(resolve, wait))
    found = await ask(`/decisions/${encodeURIComponent(id)}`)
  }
  show(told(found), TITLES[found.outcome] ?? 'Still waiting')
  return null
})

const TITLES = { done: 'Done', refused: 'Refused', expired: 'Expired' }

function told(found) {
  const pupil = /^[A-Z2-7]{26}-[0-9]{3}-[0-9]{1,4}$/.test(parameter('case') ?? '') ? parameter('case') : null
  return [
    found.outcome === 'done' ? inset(p('Your decision was carried out.', found.reference ? ` Reference: ${found.reference}.` : '')) : null,
    found.outcome === 'refused' ? inset(p('Nothing was changed. ', found.because ?? ''), found.provision ? p(el('strong', {}, found.provision)) : null) : null,
    found.outcome === 'expired' ? inset(p('It was reserved and could not be written on its day. Nothing was issued. Decide again.')) : null,
    found.outcome ? null : p('Your decision is recorded and will be carried out. Load this page again in some minutes.'),
    summary(['Decision', action(found)], ['By', found.by], ['On', day(found.on)], ['Outcome', found.outcome ? sentence(found.outcome) : 'Waiting'], ['Reason', found.reason]),
    found.warnings.length ? inset(...found.warnings.map((each) => p(each))) : null,
    pupil ? p(link(`/case.html?case=${pupil}`, 'Back to the case')) : null,
    p(link('/cases.html', 'Back to the cases'))
  ]
}
