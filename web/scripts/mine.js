// What the pages of a school share: which school it is, and whether an upload is answered.

import { Problem, ask, every } from './api.js'
import { el, p } from './dom.js'
import { page, parameter } from './page.js'

const URN = /^\d{6}$/

/** Fill a page for somebody who acts for a school: `fill` is given the school and who is signed in, and gives the elements. */
export function schoolPage(fill) {
  return page('school', async (me) => {
    const schools = await known(me)
    const asked = { la: parameter('la') ?? schools[0]?.la ?? authority(me.schools[0]), urn: parameter('urn') ?? schools[0]?.urn ?? '' }
    if (asked.urn && !(URN.test(asked.urn) && acts(me, asked))) throw new Problem(404)
    const school = { ...asked, name: schools.find((each) => each.la === asked.la && each.urn === asked.urn)?.name || `School ${asked.urn}` }
    const chooser = which(me, schools, school)
    if (me.kind === 'school' && schools.length === 1) document.getElementById('who').firstChild.data = school.name
    if (!school.urn) return [p('Type the URN of the school for which you act: six digits.'), chooser]
    for (const each of document.querySelectorAll('[data-for="school"] a')) each.href = leads(new URL(each.href).pathname, school)
    return [p(el('strong', {}, school.name), ` (URN ${school.urn})`), chooser, await fill(school, me)]
  })
}

/** The address of a page about a school. */
export const leads = (path, { la, urn }, more = {}) => `${path}?${new URLSearchParams({ la, urn, ...more })}`

/** Wait until an upload is answered, as long as so many seconds; what became of it, null if nothing yet. */
export async function answered({ la, urn }, upload, seconds) {
  for (let waited = 0, pause = 0.5; ; waited += pause, pause = Math.min(pause * 1.5, 5)) {
    const seen = await ask(`/uploads/${la}/${urn}/${encodeURIComponent(upload)}`)
    if (seen.status === 'answered') return seen
    if (waited >= seconds) return null
    await new Promise((resolve) => setTimeout(resolve, pause * 1000))
  }
}

const authority = (granted) => granted.split('/')[0]
const acts = (me, { la, urn }) => me.schools.includes(`${la}/${urn}`) || me.schools.includes(`${la}/*`)

/** The schools for which somebody acts; of a whole authority those that sent something. */
async function known(me) {
  const authorities = [...new Set(me.schools.map(authority))]
  const sent = (await Promise.all(authorities.map((la) => every(`/schools?la=${la}`, (given) => given.schools)))).flat()
  const named = me.schools.filter((each) => !each.endsWith('/*')).map((each) => each.split('/')).map(([la, urn]) =>
    ({ la, urn, name: sent.find((one) => one.la === la && one.urn === urn)?.name }))
  const others = sent.filter((each) => me.schools.includes(`${each.la}/*`) && !named.some((one) => one.la === each.la && one.urn === each.urn))
  return [...named, ...others]
}

/** Where somebody acts for more schools than one: which. */
function which(me, schools, school) {
  const whole = me.schools.filter((each) => each.endsWith('/*')).map(authority)
  if (!whole.length && schools.length < 2) return null
  const group = (id, says, field) => el('div', { class: 'govuk-form-group' }, el('label', { class: 'govuk-label', for: id }, says), field)
  const authorities = [...new Set([...whole, ...schools.map((each) => each.la)])]
  return el('form', { class: 'app-filter', method: 'get', action: window.location.pathname, 'aria-label': 'Which school' },
    authorities.length > 1
      ? group('la', 'Authority', el('select', { class: 'govuk-select', id: 'la', name: 'la' }, authorities.map((la) => el('option', { value: la, selected: la === school.la }, la))))
      : el('input', { type: 'hidden', name: 'la', value: authorities[0] }),
    group('urn', 'URN of the school', el('input', { class: 'govuk-input govuk-input--width-5', id: 'urn', name: 'urn', inputmode: 'numeric', list: 'urns', autocomplete: 'off', value: school.urn })),
    el('datalist', { id: 'urns' }, schools.map((each) => el('option', { value: each.urn }, each.name || each.urn))),
    el('button', { class: 'govuk-button govuk-button--secondary', type: 'submit' }, 'Show'))
}
