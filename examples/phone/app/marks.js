// What she did with an article, in the synced table `saved_content`: there is one row an article.

import { talk } from './line.js'
import { change, create } from './records.js'
import { all } from './store.js'

/** Return a function from a card of the feed to what she did with it, here or elsewhere. */
export async function markOf() {
  const rows = new Map((await all('saved_content')).map((one) => [one.slug, one]))
  return (card) => rows.get(card.slug) ?? { saved_at: card.saved_at, read_at: card.read_at, dismissed_at: null }
}

/** Note what she did: `read_at`, `saved_at`, `dismissed_at`. */
export async function marked(slug, values) {
  const row = (await all('saved_content')).find((one) => one.slug === slug)
  if (row) await change('saved_content', row.id, values)
  else await create('saved_content', { slug, read_at: null, saved_at: null, dismissed_at: null, helpful: null, ...values })
  talk()
}
