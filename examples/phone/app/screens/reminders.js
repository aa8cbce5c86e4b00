// Reminders that are open today, and those Waymark suggests.

import { box, button, el } from '../dom.js'
import { openReminders, suggestedReminders } from '../due.js'
import { talk } from '../line.js'
import { change } from '../records.js'
import { W } from '../strings.js'

const words = W.reminders

/** One reminder to answer, or one that is suggested. */
export function reminderBox({ id, title, at, because }) {
  const answer = (status) => () => say('reminder_occurrences', id, { status, answered_at: Date.now() })
  const decide = (status) => () => say('reminders', id, { status })
  if (because !== undefined) {
    return box(el('h2', {}, `${words.suggested}: ${title}`), el('p', {}, because),
      button(words.accept, decide('active'), { id: `accept-${id}` }),
      button(words.decline, decide('declined'), { id: `decline-${id}`, class: 'second' }))
  }
  return box(el('h2', {}, title), el('p', {}, at.slice(11)),
    button(words.done, answer('done'), { id: `done-${id}` }),
    button(words.later, answer('snoozed'), { id: `later-${id}`, class: 'second' }),
    button(words.skip, answer('skipped'), { id: `skip-${id}`, class: 'second' }))
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
