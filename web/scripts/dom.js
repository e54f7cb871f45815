// Elements, and nothing but elements: what the API says is put in as text, never as markup.

/** An element: attributes (`class`, `href`, ...; a function is a listener, true a bare attribute, null none), then children. */
export function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children)
}

/** The same in SVG. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children)
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (typeof value === 'function') made.addEventListener(name, value)
    else made.setAttribute(name, value === true ? '' : value)
  }
  made.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false))
  return made
}

export const p = (...children) => el('p', { class: 'govuk-body' }, ...children)
export const link = (href, ...children) => el('a', { class: 'govuk-link', href }, ...children)
export const h2 = (text, id) => el('h2', { class: 'govuk-heading-m', id: id ?? null }, text)
export const h3 = (text) => el('h3', { class: 'govuk-heading-s' }, text)
export const tag = (text, colour = 'blue') => el('strong', { class: `govuk-tag govuk-tag--${colour}` }, text)
export const list = (...items) => el('ul', { class: 'govuk-list govuk-list--bullet' }, items.flat().map((each) => el('li', {}, each)))

export function button(text, pressed, kind = '') {
  return el('button', { type: 'button', class: `govuk-button ${kind && `govuk-button--${kind}`}`, click: pressed }, text)
}

export function warning(...children) {
  return el('div', { class: 'govuk-warning-text' },
    el('span', { class: 'govuk-warning-text__icon', 'aria-hidden': 'true' }, '!'),
    el('strong', { class: 'govuk-warning-text__text' }, el('span', { class: 'govuk-visually-hidden' }, 'Warning '), ...children))
}

export const inset = (...children) => el('div', { class: 'govuk-inset-text' }, ...children)

/** A summary list: pairs of a name and a value; those without a value are left out. */
export function summary(...pairs) {
  const rows = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '')
  return el('dl', { class: 'govuk-summary-list' }, rows.map(([name, value]) =>
    el('div', { class: 'govuk-summary-list__row' },
      el('dt', { class: 'govuk-summary-list__key' }, name),
      el('dd', { class: 'govuk-summary-list__value' }, value))))
}

/** A table that scrolls in its own box where the window is narrow. `heads`: texts, or [text, 'numeric']. */
export function table(caption, heads, rows, { captionHidden = false, headed = true } = {}) {
  const numeric = heads.map((head) => Array.isArray(head))
  const cells = (row) => row.map((value, n) => {
    const first = headed && n === 0
    const kind = first ? 'govuk-table__header' : 'govuk-table__cell'
    return el(first ? 'th' : 'td', { class: numeric[n] ? `${kind} ${kind}--numeric` : kind, scope: first ? 'row' : null }, value ?? '')
  })
  return scrolling(caption, el('table', { class: 'govuk-table' },
    el('caption', { class: captionHidden ? 'govuk-visually-hidden' : 'govuk-table__caption govuk-table__caption--s' }, caption),
    el('thead', { class: 'govuk-table__head' }, el('tr', { class: 'govuk-table__row' }, heads.map((head, n) =>
      el('th', { scope: 'col', class: `govuk-table__header${numeric[n] ? ' govuk-table__header--numeric' : ''}` }, numeric[n] ? head[0] : head)))),
    el('tbody', { class: 'govuk-table__body' }, rows.map((row) => el('tr', { class: 'govuk-table__row' }, cells(row))))))
}

/** A box that scrolls sideways by itself, and by keyboard. */
export function scrolling(name, ...children) {
  return el('div', { class: 'app-scroll', role: 'region', 'aria-label': name, tabindex: '0' }, ...children)
}

export function details(says, ...children) {
  return el('details', { class: 'govuk-details' },
    el('summary', { class: 'govuk-details__summary' }, el('span', { class: 'govuk-details__summary-text' }, says)),
    el('div', { class: 'govuk-details__text' }, ...children))
}

/** A notification: something that the reader must know before all else. */
export function notification(title, ...children) {
  const id = `notification-${++notifications}`
  return el('div', { class: 'govuk-notification-banner', role: 'region', 'aria-labelledby': id },
    el('div', { class: 'govuk-notification-banner__header' }, el('h2', { class: 'govuk-notification-banner__title', id }, title)),
    el('div', { class: 'govuk-notification-banner__content' }, ...children))
}
let notifications = 0
