// A case: why it is open, what was tried, what stands, and what may be done now for whom, or why not.

import { ask } from './api.js'
import { details, el, h2, h3, inset, link, list, notification, p, summary, table, tag, warning } from './dom.js'
import { downloads, nothing } from './documents.js'
import { page, parameter } from './page.js'
import { STATES, action, count, day, matched, named, personOf, pounds, sentence, shortDay, words } from './words.js'
import { weeksSeen } from './weeks.js'

const OTHER = [['record_elsewhere', null], ['record_intervention', null]]
const OF_A_PARENT = [['authorise_penalty_notice', 'below_threshold'], ['record_elsewhere', null], ['record_intervention', null], ['parent_same', null], ['parent_different', null]]
const OUTCOMES = { done: 'green', refused: 'red', expired: 'grey' }

page('officer', async () => {
  const id = parameter('case') ?? ''
  const [found, papers] = await Promise.all([ask(`/cases/${encodeURIComponent(id)}`), ask(`/documents?case=${encodeURIComponent(id)}`)])
  return [
    found.amended_after_issue ? amended(found) : null,
    about(found),
    found.near_matches.length ? [h2('Persons who may be one', 'near'), near(found)] : null,
    h2('What is possible now', 'possible'), possible(found),
    h2('Why: the school weeks', 'weeks'), ...weeksSeen(found.weeks),
    h2('The law'), ...found.rules.map((each) => el('div', { class: 'app-law' }, el('p', { class: 'govuk-body govuk-!-margin-bottom-1' }, each.says), el('cite', { class: 'govuk-body-s' }, each.citation))),
    h2('Support'), support(found.support, found),
    h2('Notices and payments'), ...notices(found),
    h2('Documents'), ...(papers.documents.length ? downloads(papers.documents, 'documents.zip') : [nothing('No document was written for this case yet.')]),
    h2('Decisions'), decisions(found.decisions)
  ]
})

function amended() {
  return notification('Important', el('p', { class: 'govuk-notification-banner__heading' }, 'The register was amended after a notice was issued.'),
    p('Look at the weeks below as they are known now. If a notice does not hold any more, withdraw it: the grounds are listed with the parent.'))
}

function about(found) {
  return [
    summary(
      ['Pupil', [named(found.pupil), el('br'), el('span', { class: 'govuk-hint' }, `UPN ${found.pupil.upn}`)]],
      ['Born', found.date_of_birth ? day(found.date_of_birth) : 'not known'],
      ['School', `${found.school_name || 'School'} (URN ${found.urn})`],
      ['State', [tag(STATES[found.state], found.state === 'gathering' ? 'blue' : 'grey'), found.settled_on ? ` on ${day(found.settled_on)}: ${words(found.settled_by)}` : '']],
      ['Opened', day(found.opened_on)],
      ['Threshold', found.met ? `Met, by ${count(found.sessions, 'session')}${found.met_at ? ` on ${sessionDay(found.met_at)}` : ''}${found.provisional ? ', provisionally: only with code N' : ''}` : 'Not met by the register as it is known now'],
      ['Proposed', [sentence(found.proposal.route), el('br'), found.proposal.reason]],
      ['Proceedings', found.prosecute_by ? `must begin by ${day(found.prosecute_by)}` : null],
      ['Flags', found.flags.length ? found.flags.map(words).join(', ') : null]),
    found.elsewhere.length ? inset(...found.elsewhere.map((each) => p(`Authority ${each.la} issued a ${words(each.kind)} on ${day(each.issued_on)} (${words(each.standing)}).`))) : null,
    found.blockers.length
      ? [h2('What stands in the way'), list(found.blockers.map((each) => [el('strong', {}, each.hard ? 'No notice until done: ' : 'A reason is needed: '), toDo(found, each), el('span', { class: 'govuk-hint govuk-!-margin-bottom-0' }, each.blocker)]))]
      : null
  ]
}

const toDo = (found, { blocker, to_do: says }) => (blocker === 'PARENT_UNCLEAR' && found.near_matches.length ? link('#near', 'two parents of this pupil may be one person: say whether they are') : says)

const sessionDay = (met) => (typeof met === 'string' ? met : [met.date ? day(met.date) : '', met.session ?? ''].join(' ').trim())

function possible(found) {
  return [
    found.parents.length ? null : warning('The school has sent no parent of this pupil: no notice can be issued to anybody.'),
    ...found.parents.map((parent, n) => el('div', { class: 'app-card' },
      h3(parent.unclear ? personOf(found, `${found.urn}/${parent.parent_id}`) : parent.name || `Parent ${n + 1}`),
      p([sentence(parent.relationship), parent.lives_with_pupil ? 'lives with the pupil' : 'does not live with the pupil', parent.has_address ? null : 'no address known', `stands at: ${words(parent.rung)}`].filter(Boolean).join(', ')),
      parent.unclear ? p(link('#near', 'May be one person with another: say so before any notice')) : null,
      choices(found, parent.possible, n, parent.name, OF_A_PARENT))),
    el('div', { class: 'app-card' }, h3('In the case, whoever the parent'), choices(found, found.possible, null, 'the case', OTHER))
  ]
}

/** Two persons who may be one, and what to say about them, where one of them is a parent as this school gives them. */
function near(found) {
  return found.near_matches.map((match, n) => {
    const of = `${personOf(found, match.one)} and ${personOf(found, match.other)}`
    const say = (name, says) => el('li', {}, link(`/decide.html?${new URLSearchParams({ case: found.case, action: name, match: String(n) })}`, says, el('span', { class: 'govuk-visually-hidden' }, `: ${of}`)))
    return el('div', { class: 'app-card' }, h3(of), p(sentence(match.because), match.same === null ? '' : '.'),
      match.same !== null ? p(match.same ? 'An officer said that they are one person: the notices to both count together.' : 'An officer said that they are different persons.')
        : matched(found, match) ? el('ul', { class: 'govuk-list app-actions' }, say('parent_same', 'Record that they are one person'), say('parent_different', 'Record that they are different persons'))
          : p('Neither is a parent as this school gives them: say it in a case of their school.'))
  })
}

function choices(found, given, parent, whose, others) {
  const may = given.filter((each) => each.allowed)
  const not = given.filter((each) => !each.allowed)
  const where = (each) => {
    const at = new URLSearchParams({ case: found.case, action: each.action })
    if (each.ground) at.set('ground', each.ground)
    if (each.notice) at.set('notice', each.notice)
    if (parent !== null) at.set('parent', String(parent))
    return `/decide.html?${at}`
  }
  const to = (each) => [link(where(each), action(each), each.notice ? ` (${each.notice})` : '', el('span', { class: 'govuk-visually-hidden' }, `, ${whose}`)), each.needs?.includes('reason') && each.because ? el('span', { class: 'govuk-hint govuk-!-margin-bottom-0' }, `More is needed: ${each.because}`) : null]
  return [
    may.length ? el('ul', { class: 'govuk-list app-actions' }, may.map((each) => el('li', {}, to(each)))) : p('Nothing is possible now.'),
    not.length ? details(`Not possible now, ${whose}, and why (${not.length})`, el('dl', { class: 'govuk-summary-list' }, not.map((each) =>
      el('div', { class: 'govuk-summary-list__row' },
        el('dt', { class: 'govuk-summary-list__key' }, action(each), each.notice ? ` (${each.notice})` : ''),
        el('dd', { class: 'govuk-summary-list__value' }, each.because ?? '', each.provision ? el('span', { class: 'govuk-hint govuk-!-margin-bottom-0' }, each.provision) : null))))) : null,
    details(`Something else to record, ${whose}`, el('ul', { class: 'govuk-list app-actions' }, others.map(([name, ground]) => el('li', {}, to({ action: name, ground })))))
  ]
}

function support(steps, found) {
  if (!steps.length) return p('No support is on record. The school sends it in its support extract; what the authority did itself is recorded here.')
  const nameOf = Object.fromEntries(found.parents.map((each) => [each.parent_id, each.name]))
  return table('Support, in order of time', ['Day', 'What', 'Outcome', 'Who'], steps.map((each) => [
    el('span', { class: 'app-nowrap' }, shortDay(each.on)), [sentence(each.kind), each.description ? `: ${each.description}` : ''], sentence(each.outcome) || 'Not known',
    each.parent_id ? nameOf[each.parent_id] ?? 'A parent' : 'The family'
  ]), { captionHidden: true })
}

function notices(found) {
  if (!found.notices.length) return [p('No notice about this pupil.')]
  const nameOf = Object.fromEntries(found.parents.map((each) => [each.parent_id, each.name]))
  return found.notices.map((each) => el('div', { class: 'app-card' },
    h3(`${sentence(each.kind)} ${each.reference}`),
    summary(
      ['To', nameOf[each.parent_id] ?? 'a parent no longer on the roll'],
      ['Issued', `${day(each.issued_on)}${each.issuer ? ` by ${each.issuer}` : ''}${each.sequence ? `, number ${each.sequence} to this parent in three years` : ''}`],
      ['Stands', sentence(each.rung)],
      ['Improvement period', each.improvement_from ? `${day(each.improvement_from)} to ${day(each.improvement_until)}` : null],
      ['Amount', each.amount_pence ? `${pounds(each.amount_pence)}${each.reduced_amount_pence ? `, or ${pounds(each.reduced_amount_pence)} by ${day(each.reduced_until)}` : ''}` : null],
      ['Pay by', each.pay_by ? day(each.pay_by) : null],
      ['Received', each.amount_pence ? pounds(each.received_pence) : null],
      ['Still due', each.due_pence ? pounds(each.due_pence) : null],
      ['To pay back', each.refund_pence ? pounds(each.refund_pence) : null],
      ['Proceedings by', each.prosecute_by ? day(each.prosecute_by) : null]),
    each.sessions.length ? details(`Its ${count(each.sessions.length, 'session')}`, list(each.sessions.map((one) => said(one)))) : null))
}

const said = (one) => `${shortDay(one.date ?? one.day ?? one.session?.slice(0, 10))} ${one.half ?? (one.session?.length === 2 ? one.session : one.session?.slice(11)) ?? ''}: ${one.code}`

function decisions(made) {
  if (!made.length) return p('Nobody has decided anything yet.')
  return table('Decisions, in order of time', ['Day', 'What', 'By', 'Outcome'], made.map((each) => [
    el('span', { class: 'app-nowrap' }, shortDay(each.on)), [action(each), each.reference ? ` (${each.reference})` : '', each.reason ? el('span', { class: 'govuk-hint app-said govuk-!-margin-bottom-0' }, each.reason) : null], each.by,
    each.outcome ? [tag(sentence(each.outcome), OUTCOMES[each.outcome]), each.because ? el('span', { class: 'govuk-hint govuk-!-margin-bottom-0' }, each.because, each.provision ? ` (${each.provision})` : '') : null] : tag('Waiting', 'yellow')
  ]), { captionHidden: true })
}
