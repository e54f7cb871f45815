// Send a file: its SHA-256 here, a link from the API, the bytes to that link, and then its report.

import { Problem, send } from './api.js'
import { details, el, link, list, p } from './dom.js'
import { answered, leads, schoolPage } from './mine.js'
import { complain } from './page.js'
import { SignedOut } from './session.js'
import { size } from './words.js'
import { LONGEST_NAME, MOST_BYTES } from './facts.js'

const MOST = `${MOST_BYTES / 1024 ** 2} MB`
const WAIT = 180 // seconds, for the checks
const NO_CONNECTION = 'The connection broke. Check it, then press Send again: the file is taken once, however often you send it.'

/** What stops a step, said so that one knows what to do next. */
class Stopped extends Error {}

schoolPage((school) => {
  const field = el('input', { class: 'govuk-file-upload', type: 'file', id: 'file', 'aria-describedby': 'file-hint' })
  const bar = el('progress', { class: 'app-progress', max: '100', value: '0', 'aria-label': 'How much of the file is sent', hidden: true })
  const told = el('p', { class: 'govuk-body', role: 'status', id: 'step' })
  const pressed = el('button', { class: 'govuk-button', type: 'submit' }, 'Send')
  const tell = (says) => { told.textContent = says }
  let trying = null

  /** A file sent again after a failure is the same request under the same key; another file is a new one. */
  async function request(name, body) {
    const sha256 = hex(await crypto.subtle.digest('SHA-256', body))
    const asked = { la: school.la, urn: school.urn, name: name.slice(-LONGEST_NAME), bytes: body.byteLength, sha256 }
    if (JSON.stringify(trying?.asked) !== JSON.stringify(asked)) trying = { asked, key: crypto.randomUUID() }
    return trying
  }

  async function go(chosen) {
    tell('Reading the file…')
    const body = await packed(chosen)
    const { asked, key } = await request(chosen.name, body)
    tell('Asking where to send it…')
    const { upload, put } = await send('/uploads', asked, key).catch((problem) => { throw refusedLink(problem) })
    bar.hidden = false
    await deliver(put, body, (share) => {
      bar.value = Math.floor(share * 100)
      // Said aloud by quarters: every hundredth would be noise.
      if (share < 1) tell(`Sending: ${Math.floor(share * 4) * 25}% of ${size(body.byteLength)}.`)
    }).catch((problem) => { if (problem.renew) trying = null; throw problem })
    bar.hidden = true
    trying = null
    tell('It arrived, and is being checked. This takes some seconds, for a large file some minutes.')
    const report = leads('/report.html', school, { upload })
    if (await answered(school, upload, WAIT).catch(() => null)) return window.location.assign(report)
    told.replaceChildren('It arrived, and is still being checked. You can leave this page: the ', link(report, 'report'), ' will be there.')
  }

  async function submitted(event) {
    event.preventDefault()
    if (pressed.disabled) return
    const chosen = field.files[0]
    const wrong = unfit(chosen)
    complain(wrong ? [['file', wrong]] : [])
    if (wrong) return
    pressed.disabled = true
    try {
      await go(chosen)
    } catch (problem) {
      if (!(problem instanceof Stopped)) throw problem
      complain([['file', problem.message]])
    } finally {
      pressed.disabled = false
      if (!bar.hidden || document.title.startsWith('Error: ')) tell('')
      bar.hidden = true
    }
  }

  return [
    el('form', { submit: submitted, novalidate: true },
      el('div', { class: 'govuk-form-group' },
        el('label', { class: 'govuk-label govuk-label--m', for: 'file' }, 'The file'),
        el('div', { class: 'govuk-hint', id: 'file-hint' }, `CSV with a header row, or NDJSON; plain, gzip or ZIP. At most ${MOST}.`),
        field),
      pressed),
    told, bar,
    details('Which files can I send?',
      p('The header row says what a file is. Every export can be sent whole again: what is the same counts once.'),
      list('attendance: a row for each mark, with upn, date, session and code', 'pupils: the roll, with names, dates of birth and addresses',
        'parents: a row for each parent of a pupil', 'support: what was done to help, and what came of it',
        'absences expected: illness that is expected to last', 'calendar: on which days the school is open')),
    p(link(leads('/sent.html', school), 'Files sent before'))
  ]
})

function unfit(chosen) {
  if (!chosen) return 'Choose a file'
  if (!chosen.size) return 'The file is empty. Export it again, and choose that'
  if (chosen.size > MOST_BYTES) return `The file is larger than ${MOST}. Send it as a ZIP, or a shorter time in each file`
  return null
}

/** The bytes as they are sent: packed, a tenth is sent and kept for years, and the answer is the same. What is packed stays as it is. */
async function packed(chosen) {
  try {
    const [first, second] = new Uint8Array(await chosen.slice(0, 2).arrayBuffer())
    const already = (first === 0x1f && second === 0x8b) || (first === 0x50 && second === 0x4b)
    return await new Response(already ? chosen : chosen.stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer()
  } catch {
    throw new Stopped('The file could not be read: it was moved or changed, or another program holds it. Close it there, and choose it again')
  }
}

const hex = (buffer) => [...new Uint8Array(buffer)].map((each) => each.toString(16).padStart(2, '0')).join('')

function refusedLink(problem) {
  if (problem instanceof SignedOut) return new Stopped('Your sign-in has ended, and nothing was sent. Load this page again to sign in, and choose the file again')
  if (!(problem instanceof Problem)) return problem
  if (problem.status === 0) return new Stopped(NO_CONNECTION)
  if (problem.status === 429) return new Stopped('Many people send at once. Nothing was sent yet: wait half a minute, then press Send again')
  if (problem.status === 403) return new Stopped(`You may not send files: ${problem.detail || problem.message}. Ask whoever runs this service`)
  if (problem.status === 404) return new Stopped('You may not send files for this school. Ask whoever runs this service')
  const why = problem.errors.map((each) => each.detail ?? String(each)).join('; ')
  return new Stopped(`The service did not take the file${why ? `: ${why}` : ''}. Nothing was sent: press Send again${problem.instance ? `, and if it lasts, tell whoever runs this service ${problem.instance}` : ''}`)
}

/** Put the bytes to the signed link, with its headers; the browser itself writes the length, which is signed too. */
function deliver(put, body, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(put.method, put.url)
    for (const [name, value] of Object.entries(put.headers)) if (name !== 'content-length') request.setRequestHeader(name, value)
    request.upload.addEventListener('progress', (event) => progress(event.loaded / event.total))
    request.addEventListener('error', () => reject(new Stopped(NO_CONNECTION)))
    request.addEventListener('load', () => {
      // 412: it is there already, of a time when only the answer was lost.
      if (request.status === 200 || request.status === 412) return resolve()
      const says = request.status === 403
        ? 'The link on which to send had ended. Press Send again: you get a new one'
        : 'What arrived was not what you chose; the file may have changed meanwhile. Choose it again, and press Send'
      reject(Object.assign(new Stopped(request.status >= 500 ? NO_CONNECTION : says), { renew: request.status < 500 }))
    })
    request.send(body)
  })
}
