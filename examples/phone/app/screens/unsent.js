// What is still on this phone: what waits for a line, and what Waymark could not take, and why.

import { box, button, el } from '../dom.js'
import { talk } from '../line.js'
import { change, takeBack, waiting } from '../records.js'
import { W } from '../strings.js'
import { all, get, remove } from '../store.js'
import { whenIt } from '../time.js'

const words = W.unsent
// The column that says when it happened.
const MOMENTS = ['reported_at', 'checked_at', 'taken_at', 'answered_at', 'asked_at', 'saved_at', 'read_at']

async function draw() {
  const refused = (await Promise.all((await all('rejected')).map(refusedBox))).filter(Boolean)
  const waits = (await waiting()).map(({ table, record }) =>
    box(heading(table, record), el('p', {}, words.waits)))
  const found = [...refused, ...waits]
  return found.length ? found : el('p', {}, words.none)
}

async function refusedBox(why) {
  const { id, table, title, errors, type } = why
  const record = await get(table, id)
  if (!record) return null // removed meanwhile
  const hasWrongClock = type.endsWith('/clock-wrong')
  const moment = momentOf(record)
  return box(
    heading(table, record),
    el('p', { class: 'problem' }, words.refused),
    hasWrongClock ? el('p', {}, words.clock) : el('ul', {}, [title, ...errors.map((one) => one.detail)].map((one) => el('li', {}, one))),
    el('div', { class: 'buttons' },
      hasWrongClock
        ? button(words.now, () => again(() => change(table, id, { [moment]: Date.now() })), { id: `now-${id}` })
        : button(words.again, () => again(() => remove('rejected', id)), { id: `again-${id}` }),
      button(words.drop, () => takeBack(table, id), { id: `drop-${id}`, class: 'second' })),
  )
}

async function again(mend) {
  await mend()
  talk()
}

const momentOf = (record) => MOMENTS.find((one) => record[one])

function heading(table, record) {
  const moment = momentOf(record)
  return el('h2', {}, words.tables[table] ?? words.other, moment ? ` · ${whenIt(record[moment])}` : '')
}

export default { title: words.title, draw, isLive: () => true }
