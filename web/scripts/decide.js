// A decision: what it asks for, then all of it once more to confirm by name, then it is sent, once, about the case as it was seen.

import { Problem, ask, send } from './api.js'
import { details, el, link, p, summary, warning } from './dom.js'
import { complain, page, parameter, show } from './page.js'
import { INTERVENTIONS, action as said, day, matched, named, personOf, pounds, sentence, shortDay, words } from './words.js'

const CONSIDERED = {
  why_parent: 'Why this parent, and not another or both',
  support_sufficient: 'Whether the support offered was sufficient',
  best_tool: 'Why a notice is the best tool here',
  equality_act: 'What the Equality Act 2010 asks you to consider',
  public_interest: 'Why it is in the public interest'
}

/** What an action asks for beyond what the API says that it needs and may have (docs/input.md, decisions.csv): a field's name, and whether it must be. */
const ASKS = {
  refer: {},
  issue_notice_to_improve: { until: false },
  authorise_penalty_notice: { sessions: false },
  end_improvement: {},
  served: { until: true },
  returned: {},
  record_payment: { amount: true, until: true },
  withdraw: {},
  release_sessions: { reason: true },
  record_prosecution: {},
  record_elsewhere: { reason: true, until: true, excluded: false },
  record_intervention: { intervention: true, until: true },
  parent_same: { reason: true },
  parent_different: { reason: true },
  prepare_document: { until: false },
  no_action: { reason: true }
}
const UNTIL = {
  issue_notice_to_improve: ['Last day of the improvement period', 'Only if the school’s calendar does not reach far enough; otherwise leave it empty'],
  served: ['Day on which it was received'], record_payment: ['Day on which it was paid'], record_elsewhere: ['Day of issue'],
  record_intervention: ['Day on which it happened'], prepare_document: ['Review of the contract', 'For an attendance contract only']
}
const REASON = {
  record_elsewhere: ['Who issued it', 'The authority, the police or the head teacher'],
  parent_same: ['The other parent', 'As the school gives them: URN/parent, for example 900001/P2'],
  parent_different: ['The other parent', 'As the school gives them: URN/parent, for example 900001/P2']
}

page('officer', async (me) => {
  const id = parameter('case') ?? ''
  const name = parameter('action') ?? ''
  const found = await ask(`/cases/${encodeURIComponent(id)}`)
  if (!(name in ASKS)) throw new Problem(404)
  const match = parameter('match') === null ? null : matched(found, found.near_matches[Number(parameter('match'))] ?? {})
  if (parameter('match') !== null && !match) throw new Problem(404)
  const parent = match ? match.parent : parameter('parent') === null ? null : found.parents[Number(parameter('parent'))]
  if (parent === undefined) throw new Problem(404)
  const asked = { action: name, ground: parameter('ground'), notice: parameter('notice') }
  const fits = (each) => each.action === asked.action && each.ground === asked.ground && each.notice === asked.notice
  const possible = (parent ? parent.possible : found.possible).find(fits)
  const fields = (names, must) => Object.fromEntries((names ?? []).map((each) => [each === 'amount_pence' ? 'amount' : each, must]))
  const asks = { reason: false, ...fields(possible?.may, false), ...ASKS[name], ...fields(possible?.needs, true) }
  if (asked.ground === 'below_threshold') Object.assign(asks, { reason: true, sessions: true })
  if (name === 'prepare_document' && asked.ground !== 'attendance_contract') delete asks.until
  if (match) delete asks.reason // it is the other person, who is known
  const about = { found, parent, match, asked, possible, asks, officer: me.officer[found.la] }
  form(about)
  return null
})

const whose = ({ found, parent, match }) => (match ? personOf(found, `${found.urn}/${parent.parent_id}`) : parent?.name)

// ------------------------------------------------------------------ the form

function form(about, given = null) {
  const { found, parent, match, asked, possible, asks } = about
  const considered = (must) => Object.entries(CONSIDERED).filter(([field]) => asks[field] === must)
  const kept = given ?? {}
  const made = el('form', { novalidate: true, submit: (event) => { event.preventDefault(); confirmed(about, made) } },
    'reason' in asks ? area('reason', ...(REASON[asked.action] ?? [`Reason${asks.reason ? '' : ' (optional)'}`, 'Kept with the decision; not printed on a document']), kept.reason) : null,
    'intervention' in asks ? select('intervention', 'What was done', INTERVENTIONS, kept.intervention) : null,
    'amount' in asks ? input('amount', 'Amount', 'In pounds, for example 80 or 80.00', kept.amount) : null,
    'until' in asks ? dated('until', ...(UNTIL[asked.action] ?? ['Day']), kept.until) : null,
    'excluded' in asks ? checks('excluded', 'What kind of notice', [['yes', 'For an excluded pupil found in a public place (EIA 2006 s.105)']], kept.excluded) : null,
    'sessions' in asks ? sessionsAsked(about, kept.sessions) : null,
    asks.address_as ? addressAsked(ADDRESSES, kept.address_as) : 'address_as' in asks ? details('Print another address of the child', addressAsked([['', 'As usual'], ...ADDRESSES], kept.address_as ?? '')) : null,
    considered(true).map(([field, says]) => area(field, says, 'In your own words: no record says it', kept[field])),
    considered(false).length ? details('What you considered, in your own words', considered(false).map(([field, says]) => area(field, says, 'Where you leave it empty, what the record says is used', kept[field]))) : null,
    el('button', { class: 'govuk-button', type: 'submit' }, 'Continue'))
  show([
    p(link(`/case.html?case=${found.case}`, 'Back to the case')),
    summary(['Decision', said(asked)], ['Pupil', named(found.pupil)], ['Parent', whose(about)], ['The other', match && personOf(found, match.other)], ['Notice', asked.notice], ['School', found.school_name || found.urn]),
    possible && !possible.allowed ? warning(`As things stand this will be refused: ${possible.because ?? ''} ${possible.provision ?? ''}`) : null,
    possible?.allowed && possible.because ? p(`More is needed: ${possible.because}`, possible.provision ? ` (${possible.provision})` : '') : null,
    made
  ], 'Decide')
}

function group(id, says, hint, field) {
  return el('div', { class: 'govuk-form-group' },
    el('label', { class: 'govuk-label govuk-label--s', for: id }, says),
    hint ? el('div', { class: 'govuk-hint', id: `${id}-hint` }, hint) : null, field)
}

const described = (id, hint) => (hint ? `${id}-hint` : null)
const area = (id, says, hint, value) => group(id, says, hint, el('textarea', { class: 'govuk-textarea', id, name: id, rows: '4', maxlength: '4000', spellcheck: 'false', autocomplete: 'off', 'aria-describedby': described(id, hint) }, value ?? ''))
const input = (id, says, hint, value) => group(id, says, hint, el('input', { class: 'govuk-input govuk-input--width-10', id, name: id, inputmode: 'decimal', autocomplete: 'off', value: value ?? '', 'aria-describedby': described(id, hint) }))
const select = (id, says, options, value) => group(id, says, null, el('select', { class: 'govuk-select', id, name: id }, ['', ...options].map((each) => el('option', { value: each, selected: each === value }, each ? sentence(each) : 'Choose'))))

function fieldset(says, hint, id, ...children) {
  return el('div', { class: 'govuk-form-group' }, el('fieldset', { class: 'govuk-fieldset', 'aria-describedby': hint ? `${id}-hint` : null },
    el('legend', { class: 'govuk-fieldset__legend govuk-fieldset__legend--s' }, says),
    hint ? el('div', { class: 'govuk-hint', id: `${id}-hint` }, hint) : null, ...children))
}

function dated(id, says, hint = 'For example, 27 3 2026', value = {}) {
  const part = (name, called, width) => el('div', { class: 'govuk-date-input__item' }, el('div', { class: 'govuk-form-group' },
    el('label', { class: 'govuk-label govuk-date-input__label', for: name === 'day' ? id : `${id}-${name}` }, called),
    el('input', { class: `govuk-input govuk-date-input__input govuk-input--width-${width}`, id: name === 'day' ? id : `${id}-${name}`, name: `${id}-${name}`, inputmode: 'numeric', autocomplete: 'off', value: value?.[name] ?? '' })))
  return fieldset(says, hint, id, el('div', { class: 'govuk-date-input' }, part('day', 'Day', 2), part('month', 'Month', 2), part('year', 'Year', 4)))
}

function choose(kind, id, says, options, value) {
  const items = options.map(([each, text], n) => el('div', { class: `govuk-${kind}__item` },
    el('input', { class: `govuk-${kind}__input`, type: kind === 'radios' ? 'radio' : 'checkbox', id: n ? `${id}-${n}` : id, name: id, value: each, checked: kind === 'radios' ? value === each : (value ?? []).includes(each) }),
    el('label', { class: `govuk-label govuk-${kind}__label`, for: n ? `${id}-${n}` : id }, text)))
  return fieldset(says, null, id, el('div', { class: `govuk-${kind} govuk-${kind}--small` }, items))
}
const radios = (...given) => choose('radios', ...given)
const checks = (...given) => choose('checkboxes', ...given)

const ADDRESSES = [['own', 'The recipient’s own'], ['school', 'The school’s'], ['authority', 'The authority’s']]
const addressAsked = (options, value) => radios('address_as', 'What is printed as the child’s address', options, value)

function sessionsAsked({ found, asks }, value) {
  const sessions = found.weeks.flatMap((week) => week.sessions.filter((each) => each.counts))
  if (!sessions.length) return null
  const boxes = checks('sessions', asks.sessions ? 'Sessions to list' : 'Only these sessions', sessions.map((each) => [`${each.date}/${each.session}`, `${shortDay(each.date)} ${each.session}: ${each.code}`]), value)
  return asks.sessions ? boxes : details('List only some of the sessions', p('Leave all empty to list every session that may be listed.'), boxes)
}

// ------------------------------------------------------------------ what was given

function read(form, { asks, asked, found, parent, match }) {
  const data = new FormData(form)
  const text = (name) => String(data.get(name) ?? '').trim()
  const problems = []
  const body = { case: found.case, action: asked.action }
  if (parent) body.parent_id = parent.parent_id
  if (asked.ground) body.ground = asked.ground
  if (asked.notice) body.notice = asked.notice
  const given = { reason: text('reason'), amount: text('amount'), intervention: text('intervention'), address_as: text('address_as'), sessions: data.getAll('sessions'), excluded: data.getAll('excluded') }
  given.until = Object.fromEntries(['day', 'month', 'year'].map((part) => [part, text(`until-${part}`)]))
  if (match) body.reason = match.other
  else if (given.reason) body.reason = given.reason
  else if (asks.reason) problems.push(['reason', REASON[asked.action] ? `Enter: ${REASON[asked.action][0].toLowerCase()}` : 'Enter a reason'])
  if ('intervention' in asks) {
    if (given.intervention) body.ground = given.intervention
    else problems.push(['intervention', 'Choose what was done'])
  }
  if ('amount' in asks) {
    const match = /^£?([0-9]{1,5})(?:\.([0-9]{2}))?$/.exec(given.amount.replaceAll(',', ''))
    const pence = match ? Number(match[1]) * 100 + Number(match[2] ?? 0) : 0
    if (pence) body.amount_pence = pence
    else problems.push(['amount', 'Enter an amount in pounds, like 80 or 80.00'])
  }
  if ('until' in asks) {
    const parts = Object.values(given.until)
    const iso = isoOf(given.until)
    if (iso) body.until = iso
    else if (parts.some(Boolean)) problems.push(['until', 'Enter a real date, like 27 3 2026'])
    else if (asks.until) problems.push(['until', `Enter: ${(UNTIL[asked.action] ?? ['the day'])[0].toLowerCase()}`])
  }
  if (given.excluded.length) body.ground = 'excluded_pupil'
  if (given.sessions.length) body.sessions = given.sessions
  else if (asks.sessions) problems.push(['sessions', 'Choose the sessions to list'])
  if (given.address_as) body.address_as = given.address_as
  else if (asks.address_as) problems.push(['address_as', 'Choose what is printed as the child’s address'])
  if (given.address_as && !given.reason) problems.push(['reason', 'Enter a reason for printing another address'])
  for (const field of Object.keys(CONSIDERED)) {
    given[field] = text(field)
    if (given[field]) body[field] = given[field]
    else if (asks[field]) problems.push([field, `Enter: ${CONSIDERED[field].charAt(0).toLowerCase()}${CONSIDERED[field].slice(1)}`])
  }
  return { body, given, problems }
}

function isoOf({ day: d, month: m, year: y }) {
  if (!/^\d{1,2}$/.test(d) || !/^\d{1,2}$/.test(m) || !/^\d{4}$/.test(y)) return null
  const iso = `${y}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`
  const made = new Date(`${iso}T00:00:00Z`)
  return !Number.isNaN(made.getTime()) && made.toISOString().startsWith(iso) ? iso : null
}

// ------------------------------------------------------------------ confirming

function confirmed(about, made) {
  const { body, given, problems } = read(made, about)
  if (problems.length) return complain(problems)
  const { found, match, asked, officer } = about
  const key = crypto.randomUUID() // one for this confirmation: pressed twice, or sent again after a lost answer, it is done once
  const sure = choose('checkboxes', 'sure', 'Your authorisation', [['yes', `I decide this as ${[officer.name || officer.id, officer.office].filter(Boolean).join(', ')}, of authority ${found.la}.`]])
  const button = el('button', { class: 'govuk-button', type: 'submit' }, 'Confirm and send')
  const confirming = el('form', { novalidate: true, submit: (event) => { event.preventDefault(); if (!button.disabled) sent(about, body, key, confirming, button) } },
    sure, button, ' ',
    el('button', { class: 'govuk-button govuk-button--secondary', type: 'button', click: () => form(about, given) }, 'Change'))
  show([
    summary(
      ['Decision', said({ action: asked.action, ground: body.ground })], ['Pupil', named(found.pupil)], ['School', found.school_name || found.urn],
      ['Parent', whose(about)], ['Notice', asked.notice], ['The other', match && personOf(found, match.other)], ['Reason', body.reason && !match ? el('span', { class: 'app-said' }, body.reason) : null],
      ['Amount', body.amount_pence ? pounds(body.amount_pence) : null], ['Day', body.until ? day(body.until) : null],
      ['Sessions', body.sessions ? body.sessions.map((each) => `${shortDay(each.slice(0, 10))} ${each.slice(11)}`).join(', ') : null],
      ['Address printed', body.address_as ? words(body.address_as) : null],
      ...Object.entries(CONSIDERED).map(([field, says]) => [says, body[field] ? el('span', { class: 'app-said' }, body[field]) : null])),
    asked.action === 'authorise_penalty_notice' || asked.action === 'issue_notice_to_improve' ? warning('The document is written once and cannot be changed. What was wrong can only be withdrawn.') : null,
    confirming
  ], 'Check before you confirm')
}

async function sent(about, body, key, form, button) {
  if (!new FormData(form).get('sure')) return complain([['sure', 'Confirm that it is you who decides this']])
  button.disabled = true
  try {
    const recorded = await send('/decisions', body, key, { 'if-match': `"${about.found.etag}"` })
    window.location.replace(`/outcome.html?decision=${encodeURIComponent(recorded.decision)}&case=${encodeURIComponent(about.found.case)}`)
  } catch (problem) {
    if (problem.type === 'changed') return changed(about)
    if (!(problem instanceof Problem) || [401, 403, 404].includes(problem.status)) return page(null, () => { throw problem })
    button.disabled = false
    complain(problem.status === 422 && problem.errors.length
      ? problem.errors.map((each) => [null, [each.field ?? each.name ?? each.pointer, each.detail ?? each.says ?? problem.message].filter(Boolean).join(': ')])
      : [[null, 'It was not recorded, or we do not know. Confirm again: it is done once, however often you send it.']])
  }
}

function changed({ found }) {
  show([
    p('Since you opened it, somebody decided something in this case, or the register changed. Your decision was not recorded.'),
    p('Look again at what the case is now, then decide.'),
    el('a', { class: 'govuk-button', href: `/case.html?case=${found.case}`, role: 'button', draggable: 'false' }, 'Look at the case again')
  ], 'The case has changed')
}
