// The service's words for what the API names.

const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
const SHORT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })
const AT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZone: 'Europe/London' })

export const day = (iso) => (iso ? DAY.format(new Date(`${iso}T00:00:00Z`)) : '')
export const shortDay = (iso) => (iso ? SHORT.format(new Date(`${iso}T00:00:00Z`)) : '')
export const moment = (iso) => AT.format(new Date(iso))
export const words = (name) => String(name ?? '').replaceAll('_', ' ')
export const sentence = (name) => { const said = words(name); return said.charAt(0).toUpperCase() + said.slice(1) }
export const count = (n, one, many = `${one}s`) => `${n.toLocaleString('en-GB')} ${n === 1 ? one : many}`
export const pounds = (pence) => `£${(pence / 100).toLocaleString('en-GB', { minimumFractionDigits: pence % 100 ? 2 : 0, maximumFractionDigits: 2 })}`
export const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1e6).toFixed(1)} MB`)
export const named = (pupil) => [pupil.forename, pupil.surname].filter(Boolean).join(' ') || `Pupil ${pupil.upn}`

/** A parent by `urn/parent_id`, with what the school calls them: two who may be one often have one name. */
export function personOf(found, reference) {
  const [urn, id] = reference.split('/')
  const name = urn === found.urn && found.parents.find((each) => each.parent_id === id)?.name
  return name ? `${name} (${id})` : `${id} of school ${urn}`
}

/** Of two persons who may be one: the parent of the case, and the reference of the other; null where neither is one. */
export function matched(found, { one, other }) {
  const parentOf = (reference) => found.parents.find((each) => `${found.urn}/${each.parent_id}` === reference)
  if (parentOf(one)) return { parent: parentOf(one), other }
  return parentOf(other) ? { parent: parentOf(other), other: one } : null
}

/** Days from a day to another; below zero when it is over. Which day it is, the service says (`me.today`). */
export function daysTo(iso, today) {
  return Math.round((new Date(`${iso}T00:00:00Z`) - new Date(`${today}T00:00:00Z`)) / 86400000)
}

/** How much of a file was taken, and the colour of its tag. */
export const TAKEN = { whole: ['Taken whole', 'green'], in_part: ['Taken in part', 'yellow'], nothing: ['Not taken', 'red'] }

export const STATES = { gathering: 'Open', settled: 'Settled', lapsed: 'Lapsed' }

export const ACTIONS = {
  refer: 'Record that the school refers the case',
  issue_notice_to_improve: 'Issue a notice to improve',
  authorise_penalty_notice: 'Authorise a penalty notice',
  end_improvement: 'End the improvement period',
  served: 'Record the day on which it was received',
  returned: 'Record that the letter came back',
  record_payment: 'Record a payment',
  withdraw: 'Withdraw the notice',
  release_sessions: 'Release the sessions of withdrawn notices',
  record_prosecution: 'Record the end of proceedings',
  record_elsewhere: 'Record a notice issued elsewhere',
  record_intervention: 'Record support or another measure',
  parent_same: 'Record that two parents are one person',
  parent_different: 'Record that two parents are different persons',
  prepare_document: 'Prepare a document',
  no_action: 'Settle the case without a notice'
}

export const GROUNDS = {
  support_not_appropriate: 'support is not appropriate',
  support_failed: 'support failed',
  improvement_failed: 'the improvement period failed',
  ended_early: 'the improvement period ended early',
  below_threshold: 'below the threshold',
  improved: 'attendance improved',
  failed: 'attendance did not improve',
  ought_not: 'it ought not to have been issued',
  wrong_person: 'it was sent to the wrong person',
  material_error: 'it has a material error',
  not_prosecuting: 'unpaid, and no prosecution will follow',
  guilty: 'found guilty',
  not_guilty: 'found not guilty',
  discontinued: 'discontinued',
  certificate: 'certificate of attendance',
  attendance_contract: 'attendance contract',
  case_bundle: 'case bundle for proceedings',
  excluded_pupil: 'a notice for an excluded pupil in a public place (EIA 2006 s.105)'
}

/** An action with its ground, as "Withdraw the notice: it has a material error". */
export const action = ({ action: name, ground }) => `${ACTIONS[name] ?? sentence(name)}${ground ? `: ${GROUNDS[ground] ?? words(ground)}` : ''}`

export const INTERVENTIONS = [
  'attendance_contract_offered', 'attendance_contract_accepted', 'supervision_order_instead', 'supervision_order_as_well',
  'parenting_order_granted', 'parenting_order_implemented', 'parenting_order_no_provision', 'parenting_order_breached',
  'case_management', 'case_management_improved', 'case_management_ended', 'prosecution',
  'enquiries_not_located', 'enquiries_agreed', 'enquiries_not_agreed'
]
