// What Waymark would have her read, each card with the reason it is here.

import { button, el, link } from '../dom.js'
import { markOf, marked } from '../marks.js'
import { oneByOne } from '../paging.js'
import { lastRead } from '../reading.js'
import { W } from '../strings.js'

const words = W.feed

async function draw(place) {
  const cards = (await lastRead('feed'))?.items
  if (!cards) return el('p', {}, W.notRead)
  const marks = await markOf()
  const shown = cards.filter((card) => !marks(card).dismissed_at)
  return oneByOne(shown.map((card) => cardBox(card, marks(card))), place, '#/feed')
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

export default { title: words.title, draw, isLive: () => true }
