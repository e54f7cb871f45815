// Documents: one by its link, or all of a list in a ZIP that is put together here, in memory.

import { linked } from './api.js'
import { button, el, p, table } from './dom.js'
import { count, moment, sentence, size } from './words.js'
import { zipSync } from '/vendor/fflate.js'

const KINDS = {
  notices: 'Notice', schedules: 'Schedule of a notice', withdrawals: 'Withdrawal', reminders: 'Reminder', papers: 'Paper',
  packs: 'Pack of a support meeting', returns: 'Return', told: 'List', letters: 'Letter'
}
const RECORD = /\.json$/

/** The documents with a way to download each, and all of them as `archive`. */
export function downloads(documents, archive) {
  const told = el('p', { class: 'govuk-body', role: 'status' })
  const bar = el('progress', { class: 'app-progress', max: '100', value: '0', 'aria-label': 'Documents fetched', hidden: true })
  const one = (each) => el('button', {
    type: 'button', class: 'govuk-button govuk-button--secondary govuk-!-margin-bottom-0',
    click: () => saving(told, async () => { save(await fetched(each), each.name); return `Downloaded ${each.name}.` })
  }, 'Download', el('span', { class: 'govuk-visually-hidden' }, ` ${each.name}`))
  const all = button('Download all as a ZIP', async () => {
    all.disabled = true
    bar.hidden = false
    await saving(told, async () => {
      const files = {}
      for (const [n, each] of documents.entries()) {
        files[`${each.folder}/${each.name}`] = [await fetched(each), { level: RECORD.test(each.name) ? 6 : 0 }]
        bar.value = Math.round(((n + 1) / documents.length) * 100)
        told.textContent = `Fetched ${n + 1} of ${documents.length}.`
      }
      save(zipSync(files), archive)
      return `Downloaded ${count(documents.length, 'document')} as ${archive}.`
    })
    all.disabled = false
    bar.hidden = true
  }, 'secondary')
  return [
    table('Documents', ['Document', 'Written', ['Size', 1], 'Download'], documents.map((each) => [
      [`${KINDS[each.folder] ?? sentence(each.folder)}${RECORD.test(each.name) ? ' (record)' : ''} `, el('br'), el('span', { class: 'govuk-hint govuk-!-font-size-16' }, each.name)],
      moment(each.written_at), size(each.bytes), one(each)
    ]), { captionHidden: true }),
    told, bar, documents.length > 1 ? all : null
  ]
}

async function saving(told, what) {
  try {
    told.textContent = 'Fetching…'
    told.textContent = await what()
  } catch (problem) {
    told.textContent = problem.status === 404
      ? 'The document is not there any more. Load the page again.'
      : 'It could not be downloaded. Try again; if you signed in more than an hour ago, load the page again first.'
  }
}

async function fetched(each) {
  const got = await fetch(await linked(each.link_url), { credentials: 'omit', cache: 'no-store' })
  if (!got.ok) throw Object.assign(new Error(), { status: got.status })
  return new Uint8Array(await got.arrayBuffer())
}

/** Give the reader a file. */
export function save(bytes, name) {
  const url = URL.createObjectURL(new Blob([bytes]))
  el('a', { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 60000)
}

/** No documents yet. */
export const nothing = (says) => p(says)
