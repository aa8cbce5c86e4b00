// What Waymark would have her read, each card with the reason it is here.

import { box, button, el, link } from '../dom.js'
import { lastRead } from '../reading.js'
import { markOf, marked } from '../marks.js'
import { W } from '../strings.js'

const words = W.feed

async function draw() {
  const cards = (await lastRead('feed'))?.items
  if (!cards) return el('p', {}, W.notRead)
  const marks = await markOf()
  return cards.filter((card) => !marks(card).dismissed_at).map((card) => cardBox(card, marks(card)))
}

function cardBox(card, { saved_at: savedAt }) {
  const { slug, title, summary, reasons, study } = card
  return el('article', { class: 'box' },
    el('h2', {}, study ? title : link(title, `#/article/${encodeURIComponent(slug)}`, { id: `read-${slug}` })),
    el('p', {}, summary),
    el('p', { class: 'quiet' }, words.why, ' ', reasons.map((one) => one.text).join('; ')),
    study && el('p', {}, words.study),
    !study && el('div', { class: 'buttons' },
      button(savedAt ? words.unkeep : words.keep, () => marked(slug, { saved_at: savedAt ? null : Date.now() }),
        { id: `keep-${slug}`, class: 'second', 'aria-label': `${savedAt ? words.unkeep : words.keep}: ${title}` }),
      button(words.hide, () => marked(slug, { dismissed_at: Date.now() }),
        { id: `hide-${slug}`, class: 'second', 'aria-label': `${words.hide}: ${title}` })))
}

export default { title: words.title, draw, isLive: true }
