// A table of more rows than one looks at, part by part. Which part it is stays out of the address.

import { button, el, p, table } from './dom.js'

const ROWS = 50

/** A table of `all`, each as the cells that `row` gives; `options` are those of `table`. */
export function paged(caption, heads, all, row, options = {}) {
  const box = el('div')
  const show = (first, moved) => {
    const part = all.slice(first, first + ROWS)
    const where = all.length > ROWS ? p(`${first + 1} to ${first + part.length} of ${all.length.toLocaleString('en-GB')}`) : null
    where?.setAttribute('role', 'status')
    const of = el('span', { class: 'govuk-visually-hidden' }, `: ${caption}`)
    const step = (says, to) => { const made = button(says, () => show(to, true), 'secondary'); made.append(of.cloneNode(true)); return [made, ' '] }
    const made = table(caption, heads, part.map(row), options)
    box.replaceChildren(...[
      where, made,
      first > 0 ? step(`Previous ${ROWS}`, first - ROWS) : null,
      first + ROWS < all.length ? step(`Next ${Math.min(ROWS, all.length - first - ROWS)}`, first + ROWS) : null
    ].flat().filter(Boolean))
    if (moved) made.focus()
  }
  show(0, false)
  return box
}
