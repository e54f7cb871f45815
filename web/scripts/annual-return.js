// The figures of the annual return, as known now.

import { ask } from './api.js'
import { el, inset, p, table } from './dom.js'
import { page, parameter } from './page.js'

page('officer', async (me) => {
  const authorities = Object.keys(me.officer)
  const la = parameter('la') ?? authorities[0]
  const year = parameter('year')
  const found = await ask(`/annual-return?${new URLSearchParams(year ? { la, year } : { la })}`)
  return [
    filter(authorities, la, found.year, Number(me.today.slice(0, 4))),
    found.recorded_elsewhere ? inset(p(`${found.recorded_elsewhere} notices of others that officers recorded are not in these figures.`)) : null,
    p('Names are those of the Department for Education. “x” means that the figure is not known here: the number on roll comes from the census.'),
    table(`Annual return of authority ${found.la}, academic year ${found.year}/${String(found.year + 1).slice(2)}`, ['Variable', ['Figure', 1]],
      Object.entries(found.figures).map(([name, value]) => [el('code', {}, name), String(value)]))
  ]
})

function filter(authorities, la, year, now) {
  const select = (id, says, options, value) => el('div', { class: 'govuk-form-group' }, el('label', { class: 'govuk-label', for: id }, says),
    el('select', { class: 'govuk-select', id, name: id }, options.map(([each, text]) => el('option', { value: each, selected: String(each) === String(value) }, text))))
  const years = [...new Set([year, ...Array.from({ length: 3 }, (_, n) => now - n)])].filter((each) => each >= 2024).sort((a, b) => b - a)
  return el('form', { class: 'app-filter', method: 'get', action: '/annual-return.html', 'aria-label': 'Which return' },
    authorities.length > 1 ? select('la', 'Authority', authorities.map((each) => [each, each]), la) : null,
    select('year', 'Academic year', years.map((each) => [each, `${each}/${String(each + 1).slice(2)}`]), year),
    el('button', { class: 'govuk-button govuk-button--secondary', type: 'submit' }, 'Show'))
}
