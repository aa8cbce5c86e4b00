// The crisis card: numbers, her safety plan, what to do.  All of it is on the phone.

import { box, el, paragraphs, phone } from '../dom.js'
import { numbersToCall } from '../numbers_to_call.js'
import { lastRead } from '../reading.js'
import { W } from '../strings.js'

const words = W.helpCard

async function draw() {
  const [card, plan, form] = await Promise.all([lastRead('card'), lastRead('plan'), lastRead('form')])
  const notice = form?.team_notice
  return [
    notice && box(el('h2', {}, notice.title), paragraphs(notice.text)),
    await numbersToCall('crisis_line'),
    plan && box(el('h2', {}, words.plan), planned(plan)),
    card && [el('h2', {}, words.texts), card.items.map(text)],
    el('p', { class: 'quiet' }, W.notWatched),
  ]
}

function planned({ headings, sections }) {
  const written = headings.filter(({ key }) => sections[key])
  if (!written.length) return el('p', {}, words.noPlan)
  return written.map(({ key, title }) => [el('h3', {}, title), el('p', { class: 'pre' }, sections[key])])
}

const text = (one) =>
  el('details', { class: 'box' }, el('summary', {}, one.title), paragraphs(one.text),
    one.phone && phone(W.urgent.title, one.phone))

export default { title: W.help, draw, isLive: () => true }
