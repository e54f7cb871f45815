// What every page does: who is signed in, what is loading, and, where something stops it, what to do next.

import { Problem, ask } from './api.js'
import { SignedOut, forget, signIn, signOut, wasSignedIn } from './session.js'
import { button, el, link, list, p } from './dom.js'

const heading = document.querySelector('h1')
const told = document.getElementById('told')
const filled = document.getElementById('filled')
const errors = document.getElementById('errors')
const SERVICE = document.title.split(' – ').at(-1)

/** Where we are, to come back to after signing in. */
const here = () => window.location.pathname + window.location.search

/** Fill the page: `fill` is given who is signed in, and gives the elements. Only `audience` ('officer', ...) is let in. */
export async function page(audience, fill) {
  try {
    loading('Loading…')
    const me = await whoIsHere()
    if (audience && !audiences(me).includes(audience)) return stopped(NOT_YOURS)
    const made = await fill(me)
    if (made) show(made)
  } catch (problem) {
    await failed(problem)
  }
}

/** Put elements on the page, and the reader at its heading. */
export function show(made, title = null) {
  told.replaceChildren()
  filled.replaceChildren(...[made].flat(Infinity).filter(Boolean))
  filled.hidden = false
  complain([])
  if (title) titled(title)
  heading.focus()
  document.body.dataset.ready = 'yes'
}

/** Give the page another heading; never a name: a title stays in the browser's history. */
export function titled(title) {
  heading.textContent = title
  document.title = `${title} – ${SERVICE}`
}

export function loading(says) {
  delete document.body.dataset.ready
  told.replaceChildren(p(says))
}

/** Say what must be mended in a form: pairs of a field's id and what to do. */
export function complain(problems) {
  for (const each of document.querySelectorAll('.govuk-form-group--error')) each.classList.remove('govuk-form-group--error')
  for (const each of document.querySelectorAll('.govuk-error-message')) each.remove()
  for (const each of document.querySelectorAll('[aria-invalid]')) each.removeAttribute('aria-invalid')
  document.title = document.title.replace(/^Error: /, '')
  if (!problems.length) return errors.replaceChildren()
  document.title = `Error: ${document.title}`
  const summary = el('div', { class: 'govuk-error-summary', tabindex: '-1' },
    el('div', { role: 'alert' },
      el('h2', { class: 'govuk-error-summary__title' }, 'There is a problem'),
      el('div', { class: 'govuk-error-summary__body' },
        el('ul', { class: 'govuk-list govuk-error-summary__list' }, problems.map(([id, says]) =>
          el('li', {}, id ? el('a', { href: `#${id}` }, says) : says))))))
  errors.replaceChildren(summary)
  for (const [id, says] of problems) {
    const field = id && document.getElementById(id)
    const group = field?.closest('.govuk-form-group')
    if (!group || group.classList.contains('govuk-form-group--error')) continue
    group.classList.add('govuk-form-group--error')
    const message = el('p', { class: 'govuk-error-message', id: `${id}-error` }, el('span', { class: 'govuk-visually-hidden' }, 'Error: '), says)
    const after = group.querySelector('.govuk-hint') ?? group.querySelector('.govuk-fieldset__legend, .govuk-label')
    after.after(message)
    field.setAttribute('aria-invalid', 'true')
    field.setAttribute('aria-describedby', [field.getAttribute('aria-describedby'), message.id].filter(Boolean).join(' '))
  }
  summary.focus()
}

/** For whom they act: what of the pages is for them. A program acts for schools too, and reads no pages. */
function audiences(me) {
  return [Object.keys(me.officer ?? {}).length ? 'officer' : null, me.kind !== 'vendor' && me.schools?.length ? 'school' : null].filter(Boolean)
}

const called = (me) => Object.values(me.officer)[0]?.name || { vendor: 'A program', school: 'A school', officer: 'An officer' }[me.kind]

async function whoIsHere() {
  const me = await ask('/me')
  document.getElementById('who').replaceChildren(called(me),
    el('button', { type: 'button', class: 'app-quiet', click: signOut }, 'Sign out'))
  document.getElementById('who').hidden = false
  const nav = document.getElementById('navigation')
  for (const each of nav.querySelectorAll('[data-for]')) each.hidden = !audiences(me).includes(each.dataset.for)
  nav.hidden = !nav.querySelector('[data-for]:not([hidden])')
  return me
}

const again = () => button('Try again', () => window.location.reload())
const NOT_YOURS = ['Page not found', () => [
  p('There is no such page, or it is not yours to see.'),
  p('If somebody sent you the link, they may work for another authority or school. Ask them, or whoever runs this service.'),
  p(link('/', 'Go to your first page'))]]

async function failed(problem) {
  if (problem instanceof SignedOut) {
    const before = await wasSignedIn()
    await forget()
    return stopped(before
      ? ['Your sign-in has ended', () => [
          p('You are signed in for an hour. What you had sent before is recorded; what you had only typed is not.'),
          button('Sign in again', () => signIn(here()))]]
      : ['Sign in', () => [p('You must sign in to see this page.'), button('Sign in', () => signIn(here()))]])
  }
  if (!(problem instanceof Problem)) {
    console.error(problem)
    return stopped(['Something went wrong', () => [p('The page could not be put together. Nothing was changed.'), again()]])
  }
  if (problem.status === 404) return stopped(NOT_YOURS)
  if (problem.type === 'no-grant') {
    return stopped(['You have no access yet', () => [
      p('You are signed in, but nobody has said for which authority or school you act.'),
      p('Ask whoever runs this service in your authority to give you access, then load this page again.'), again()]])
  }
  if (problem.status === 403) {
    return stopped(['You may not see this page', () => [p(problem.detail || 'What you signed in for does not include this page.'), p(link('/', 'Go to your first page'))]])
  }
  if (problem.status === 429) return stopped(['The service is busy', () => [p('Many people ask at once. Wait half a minute, then try again.'), again()]])
  if (problem.status === 0) return stopped(['No connection', () => [p('The service did not answer. Check your connection, then try again. Nothing was changed.'), again()]])
  return stopped(['Sorry, there is a problem with the service', () => [
    p('Try again in some minutes. Nothing was changed.'),
    problem.instance ? p('If it lasts, tell whoever runs this service: ', el('code', {}, problem.instance)) : null,
    problem.errors.length ? list(problem.errors.map((each) => each.detail ?? String(each))) : null, again()]])
}

function stopped([title, says]) {
  show(says(), title)
}

/** A parameter of the address. */
export const parameter = (name) => new URLSearchParams(window.location.search).get(name)
