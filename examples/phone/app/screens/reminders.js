// Reminders that are open today, and those Waymark suggests.

import { box, button, el } from '../dom.js'
import { openReminders, suggestedReminders } from '../due.js'
import { talk } from '../line.js'
import { change } from '../records.js'
import { W } from '../strings.js'
import { daysAgo } from '../time.js'

const words = W.reminders

/** One reminder to answer, or one that is suggested. */
export const reminderBox = (one) => (one.because === undefined ? ringing(one) : suggested(one))

function ringing({ id, title, at }) {
  const answer = (status) => () => say('reminder_occurrences', id, { status, answered_at: Date.now() })
  return box(el('h2', {}, title), el('p', {}, at.slice(11)),
    button(words.done, answer('done'), { id: `done-${id}` }),
    button(words.later, answer('snoozed'), { id: `later-${id}`, class: 'second' }),
    button(words.skip, answer('skipped'), { id: `skip-${id}`, class: 'second' }))
}

function suggested({ id, title, because, isOnce }) {
  const day = el('input', { type: 'datetime-local', value: `${daysAgo(-1)}T09:00`, required: true, id: `day-${id}` })
  const decide = (...what) => {
    day.defaultValue = day.value // decided: the screen may be drawn anew
    return say(...what)
  }
  const accept = () => {
    if (isOnce && !day.reportValidity()) return null
    return decide('reminders', id, { status: 'active', ...(isOnce && { local_start: day.value }) })
  }
  return box(el('h2', {}, `${words.suggested}: ${title}`), el('p', {}, because),
    isOnce && el('label', {}, words.day, day),
    button(words.accept, accept, { id: `accept-${id}` }),
    button(words.decline, () => decide('reminders', id, { status: 'declined' }), { id: `decline-${id}`, class: 'second' }))
}

async function say(table, id, values) {
  await change(table, id, values)
  talk()
}

async function draw() {
  const found = [...(await openReminders()), ...(await suggestedReminders())]
  return found.length ? found.map(reminderBox) : el('p', {}, words.none)
}

export default { title: words.title, draw, isLive: () => true }
