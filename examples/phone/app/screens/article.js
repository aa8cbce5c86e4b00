// One article.

import { el } from '../dom.js'
import { markdown } from '../markdown.js'
import { marked } from '../marks.js'
import { article } from '../reading.js'
import { W } from '../strings.js'
import { all } from '../store.js'

const words = W.feed

async function draw(slug) {
  const read = await article(slug)
  if (!read) return el('p', {}, words.hasWas)
  const row = (await all('saved_content')).find((one) => one.slug === slug)
  if (!row?.read_at) await marked(slug, { read_at: Date.now() })
  return el('article', { class: 'box prose', lang: read.language },
    el('h2', {}, read.title),
    markdown(read.markdown, 3),
    el('p', { class: 'quiet' }, read.reviewer ? words.reviewed(read.reviewer) : words.draft),
    el('h3', {}, words.sources),
    el('ul', { class: 'quiet' }, read.sources.map((one) => el('li', {}, one))))
}

export default { title: words.title, draw, isLive: () => false }
