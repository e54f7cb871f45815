// The report on a file: what was taken of it, what was not, why, and what to do.

import { Problem, ask, file } from './api.js'
import { button, details, el, h2, inset, link, p, summary, table, warning } from './dom.js'
import { save } from './documents.js'
import { answered, leads, schoolPage } from './mine.js'
import { paged } from './paged.js'
import { parameter, titled } from './page.js'
import { count, moment, sentence, TAKEN } from './words.js'

const WAIT = 20 // seconds; then the reader decides
const GROUPS = {
  refused: ['Why it was refused', 'Nothing was taken from the file. Mend this, and send it again.'],
  error: ['Rows that were not taken', 'The other rows count. Mend these in your system, export again, and send that.'],
  warning: ['Taken, but look at it', 'These rows count as they are. If something is wrong, mend it and send it again.'],
  advice: ['Good to know', 'Nothing has to be done.']
}

schoolPage(async (school) => {
  const upload = parameter('upload') ?? ''
  const at = `/uploads/${school.la}/${school.urn}/${encodeURIComponent(upload)}`
  const seen = await answered(school, upload, WAIT)
  if (!seen) {
    return [inset(p('The file arrived, and is still being checked.')), button('Look again', () => window.location.reload()), p(link(leads('/sent.html', school), 'Files sent'))]
  }
  const report = await ask(`${at}/report`)
  const bad = (kind) => report.files.reduce((n, each) => n + (each.totals[kind] ?? 0), 0)
  titled(`Report: ${TAKEN[seen.taken][0].toLowerCase()}`)
  const mend = bad('refused') + bad('error') > 0
  return [
    p(`Arrived on ${moment(report.received_at)}.`),
    mend ? null : p('There is nothing to mend.'),
    report.files.map((each) => one(each, report.files.length > 1)),
    h2(mend ? 'Mend it and send it again' : 'What next'),
    bad('refused') + bad('error') + bad('warning') ? fileBack(at, report.files) : null,
    p(link(leads('/send.html', school), mend ? 'Send the corrected file' : 'Send another file')),
    p(link(leads('/sent.html', school), 'Files sent'))
  ]
})

/** What is said of one file, or of one in a ZIP. */
function one(said, several) {
  const left = said.rows - said.accepted
  const groups = Object.entries(GROUPS).map(([severity, words]) => [severity, words, said.findings.filter((each) => each.severity === severity)]).filter(([, , found]) => found.length)
  const suffix = several ? `: ${said.file}` : ''
  return [
    several ? h2(said.file) : null,
    said.totals.refused ? warning('Refused: nothing was taken from this file, and nothing that you sent before was changed.') : null,
    summary(['File', said.file], ['What it is', said.kind ? sentence(said.kind) : 'Not known'], ['Rows', said.rows.toLocaleString('en-GB')],
      ['Rows taken', said.accepted.toLocaleString('en-GB')], ['Rows not taken', left ? left.toLocaleString('en-GB') : null],
      ['The same as before', said.unchanged ? said.unchanged.toLocaleString('en-GB') : null], ['Amended', said.amended ? said.amended.toLocaleString('en-GB') : null]),
    groups.map(([severity, [title, what], found]) => [
      h2(`${title}${suffix}`), p(what),
      paged(`${title}${suffix}`, ['Row', 'Field', 'Value', 'What is wrong, and what to do'], found, (each) => [
        each.row === null ? 'The file' : String(each.row), each.field ?? '–', each.value ? el('span', { class: each.value.length > 24 ? 'app-said' : 'app-nowrap' }, each.value) : '–',
        [each.message, ' ', el('span', { class: 'govuk-hint govuk-!-font-size-16' }, each.code)]
      ], { captionHidden: true })
    ]),
    said.findings_left_out ? inset(p(`${count(said.findings_left_out, 'more finding')} of the same kinds are not listed. Mend these first, and send the file again.`)) : null,
    Object.keys(said.counts).length > 1 || said.findings_left_out
      ? details(`How often each was found${suffix}`, table(`How often each was found${suffix}`, ['Finding', ['Times', 1]], Object.entries(said.counts).map(([code, n]) => [code, n.toLocaleString('en-GB')]), { captionHidden: true }))
      : null
  ]
}

const BACK = {
  file: 'Downloaded: your file, with what is wrong and what to do in the last two columns.',
  findings: 'Downloaded: what is wrong and what to do. The file itself is too large to be given back.',
  'some-findings': 'Downloaded: the first part of what is wrong; there is too much for one file.'
}

/** The school's own file with two more columns, to mend by. */
function fileBack(at, files) {
  const told = el('p', { class: 'govuk-body', role: 'status' })
  const name = `report-${files.length === 1 ? files[0].file.replace(/(\.(csv|ndjson|gz|zip))*$/i, '') : 'of-files'}.csv`
  const pressed = button('Download your file with what is wrong', async () => {
    told.textContent = 'Fetching…'
    try {
      const { bytes, what } = await file(`${at}/report?format=csv`)
      save(bytes, name)
      told.textContent = BACK[what] ?? BACK.findings
    } catch (problem) {
      told.textContent = problem instanceof Problem && problem.status === 404 ? 'The report is not there any more. Load the page again.' : 'It could not be downloaded. Try again; if you signed in more than an hour ago, load the page again first.'
    }
  }, 'secondary')
  return [p('Your own file again, with two more columns: what is wrong in each row, and what to do.'), pressed, told]
}
