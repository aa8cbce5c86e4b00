// The doses of yesterday and today, each with what she said of it.

import { box, button, el, link } from '../dom.js'
import { recentDoses } from '../due.js'
import { talk } from '../line.js'
import { change } from '../records.js'
import { W } from '../strings.js'
import { today } from '../time.js'

const words = W.doses

/** One dose: taken with one tap, else what became of it. */
export function doseBox({ id, name, at, status }) {
  const isOpen = status === 'expected'
  const to = `#/dose/${id}`
  return box(
    el('h2', {}, name),
    el('p', {}, timeOf(at), isOpen ? '' : ` · ${words.said[status]}`),
    isOpen && button(words.taken, () => taken(id), { id: `taken-${id}` }),
    link(isOpen ? words.missed : words.change, to, { class: 'button second', id: `dose-${id}` }),
  )
}

/** Note that a dose was taken now. */
export async function taken(id) {
  await change('doses', id, { status: 'taken', taken_at: Date.now(), reason: null })
  talk()
}

const timeOf = (at) => (at.startsWith(today()) ? at.slice(11) : `${W.yesterday}, ${at.slice(11)}`)

async function draw() {
  const doses = await recentDoses()
  return doses.length ? doses.map(doseBox) : el('p', {}, words.none)
}

export default { title: words.title, draw, isLive: () => true }
