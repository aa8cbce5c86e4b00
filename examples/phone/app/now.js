// What she has to see at once, over whatever she is doing: guidance from Waymark, or, while it has
// not heard of it, the advice to call.  It stays until she says that she has read it.

import { button, el, paragraphs, phone } from './dom.js'
import { when } from './events.js'
import { numbersToCall } from './numbers_to_call.js'
import { W } from './strings.js'
import { all, inOne } from './store.js'
import { clock, howLong } from './time.js'

const LEVELS = ['none', 'self_care', 'call_today', 'call_now', 'emergency', 'crisis']
const FRESH = 10 * 60_000

const place = () => document.getElementById('now')

/** From now on, show what there is to tell; also what was left unread the last time. */
export function watchForGuidance() {
  place().addEventListener('cancel', (event) => event.preventDefault()) // Escape is not "read"
  when('told', showTold)
  when('signed-out', () => place().close())
  return showTold()
}

/** Say at once whom to call (`clinic` or `crisis`): nobody has heard of it yet. */
export async function showAdvice(whom) {
  if (place().open && place().dataset.from === 'waymark') return
  const words = W.urgent
  show('phone', 'call_now', words.title, [
    el('p', {}, words.text),
    el('p', {}, whom === 'crisis' ? words.crisis : words.clinic),
    await numbersToCall(whom === 'crisis' ? 'crisis_line' : 'oncology_line'),
    el('p', { class: 'quiet' }, words.sent),
  ], () => {})
}

async function showTold() {
  const told = await all('told')
  if (!told.length) return
  told.sort((one, other) => LEVELS.indexOf(other.guidance.level) - LEVELS.indexOf(one.guidance.level))
  const [first, ...rest] = told
  show('waymark', first.guidance.level, first.guidance.title, [about(first), said(first), rest.map((one) =>
    el('section', {}, el('h3', {}, one.guidance.title), about(one), said(one)))], () =>
    inOne(['told'], (stores) => told.forEach((one) => stores.told.delete(one.id))))
}

function about({ at }) {
  if (!at) return null
  const moment = Date.parse(at)
  const isLate = Date.now() - moment > FRESH
  const words = isLate ? W.urgent.late(howLong(moment), clock(moment)) : W.urgent.fresh(clock(moment))
  return el('p', { class: isLate ? 'late' : 'quiet' }, words)
}

const said = ({ guidance }) => [
  guidance.phone && phone(W.urgent.calls[guidance.level] ?? W.urgent.title, guidance.phone), paragraphs(guidance.text),
]

function show(from, level, title, content, read) {
  const heading = el('h2', { id: 'now-title', tabindex: -1 }, title)
  const close = button(W.close, async () => {
    await read()
    place().close()
  })
  Object.assign(place().dataset, { from, level })
  place().replaceChildren(heading, ...[content].flat(3).filter(Boolean), close)
  if (!place().open) place().showModal()
  heading.focus()
}
