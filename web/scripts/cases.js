// The queue: an authority's cases of one state, filtered, sorted, page by page.

import { ask } from './api.js'
import { el, inset, link, p, table, tag, warning } from './dom.js'
import { page, parameter } from './page.js'
import { STATES, count, daysTo, named, sentence, shortDay } from './words.js'

const SORTS = { opened_on: 'Opened, oldest first', '-opened_on': 'Opened, latest first', prosecute_by: 'Last day for proceedings', '-prosecute_by': 'Last day for proceedings, latest first' }
const SOON = 28
const ALERTS = { amended_after_issue: ['Amended after issue', 'red'], awaiting_referral: ['Awaiting referral', 'turquoise'], awaiting_authorisation: ['Awaiting authorisation', 'blue'] }

page('officer', async (me) => {
  const authorities = Object.keys(me.officer)
  const chosen = {
    la: parameter('la') ?? authorities[0],
    state: parameter('state') ?? 'gathering',
    school: parameter('school') ?? '',
    sort: parameter('sort') ?? 'opened_on'
  }
  const query = new URLSearchParams(Object.entries(chosen).filter(([, value]) => value))
  const cursor = parameter('cursor')
  const [found, counts, schools] = await Promise.all([
    ask(`/cases?${query}&limit=25${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`),
    ask(`/cases/counts?la=${chosen.la}`),
    ask(`/schools?la=${chosen.la}`).then((given) => given.schools)
  ])
  return [
    filter(chosen, authorities, schools, counts),
    figures(found, chosen, counts, me.today),
    found.cases.length ? listed(found.cases, me.today) : none(chosen),
    el('nav', { 'aria-label': 'Pages of cases' },
      cursor ? p(link(`/cases.html?${query}`, 'Back to the first page')) : null,
      found.next ? p(link(`/cases.html?${query}&cursor=${encodeURIComponent(found.next)}`, 'Next page')) : null)
  ].map((each) => (each?.tagName === 'NAV' && !each.childElementCount ? null : each))
})

function filter(chosen, authorities, schools, counts) {
  const select = (id, says, options) => el('div', { class: 'govuk-form-group' },
    el('label', { class: 'govuk-label', for: id }, says),
    el('select', { class: 'govuk-select', id, name: id }, [...options].map(([value, text]) =>
      el('option', { value, selected: value === chosen[id] }, text))))
  return el('form', { class: 'app-filter', method: 'get', action: '/cases.html', 'aria-label': 'Which cases' },
    authorities.length > 1 ? select('la', 'Authority', authorities.map((la) => [la, la])) : null,
    select('state', 'State', Object.entries(STATES).map(([state, says]) => [state, `${says} (${counts[state].toLocaleString('en-GB')})`])),
    select('school', 'School', namedSchools(chosen.school, schools)),
    select('sort', 'In order of', Object.entries(SORTS)),
    el('button', { class: 'govuk-button govuk-button--secondary', type: 'submit' }, 'Show'))
}

/** Every school, and the one that the address names, though nothing came from it. */
function namedSchools(chosen, schools) {
  const known = schools.map((each) => [each.urn, each.name || each.urn])
  const other = chosen && !schools.some((each) => each.urn === chosen) ? [[chosen, chosen]] : []
  return [['', 'Every school'], ...known, ...other]
}

function figures(found, chosen, counts, today) {
  const amended = found.cases.filter((each) => each.alerts.includes('amended_after_issue')).length
  const soon = found.cases.filter((each) => each.prosecute_by && daysTo(each.prosecute_by, today) <= SOON).length
  const waiting = found.cases.filter((each) => each.alerts.includes('awaiting_authorisation')).length
  const all = counts[chosen.state]
  const shown = chosen.school || found.cases.length === all
    ? `${count(found.cases.length, 'case')}${found.next ? ' on this page, and more on the next' : ''}.`
    : `${count(found.cases.length, 'case')} of ${all.toLocaleString('en-GB')} on this page.`
  return [
    amended ? warning(`The register was amended after a notice was issued in ${count(amended, 'case')}: look whether the notice still holds.`) : null,
    p(shown,
      waiting ? ` ${waiting} ${waiting === 1 ? 'awaits' : 'await'} authorisation.` : '',
      soon ? ` In ${soon} proceedings must begin within ${SOON} days.` : '')
  ]
}

function listed(cases, today) {
  return table('Cases', ['Pupil', 'School', 'Opened', ['Sessions', 1], 'Proposed', 'Proceedings by', 'Alerts'], cases.map((each) => [
    link(`/case.html?case=${each.case}`, named(each.pupil)),
    each.school_name || each.urn,
    el('span', { class: 'app-nowrap' }, shortDay(each.opened_on)),
    String(each.sessions),
    each.state === 'gathering' ? sentence(each.proposal.route) : `Settled: ${sentence(each.settled_by ?? each.state)}`,
    each.prosecute_by ? deadline(each.prosecute_by, today) : '–',
    alerts(each)
  ]), { captionHidden: true })
}

function deadline(iso, today) {
  const left = daysTo(iso, today)
  return [el('span', { class: 'app-nowrap' }, shortDay(iso)), left < 0 ? [' ', tag('over', 'grey')] : left <= SOON ? [' ', tag(count(left, 'day'), 'red')] : null]
}

function alerts(each) {
  const found = [
    ...each.alerts.map((name) => tag(...ALERTS[name])),
    each.provisional ? tag('Only by code N', 'yellow') : null,
    each.referred ? tag('Referred', 'grey') : null
  ].filter(Boolean)
  return found.length ? found.flatMap((one, n) => (n ? [' ', one] : [one])) : 'None'
}

function none(chosen) {
  return inset(p(chosen.school
    ? 'No case of this school is in this state. Choose every school, or another state.'
    : 'No case is in this state. A case opens by itself when a pupil meets the threshold; until then there is nothing to do here.'))
}
