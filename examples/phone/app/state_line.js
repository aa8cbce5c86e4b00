// The honest line at the top: what has been sent, and what is still on this phone.

import { link } from './dom.js'
import { when } from './events.js'
import { line } from './line.js'
import { waiting } from './records.js'
import { W } from './strings.js'
import { all } from './store.js'
import { isSignedIn } from './tokens.js'
import { clock } from './time.js'

/** Keep the line true from now on. */
export function watchState() {
  for (const name of ['changed', 'line', 'signed-out']) when(name, draw)
  return draw()
}

async function draw() {
  const [unsent, refused] = [(await waiting()).length, (await all('rejected')).length]
  const words = W.state
  const isIn = await isSignedIn()
  const parts = [
    !line.isThere && words.noLine,
    unsent > 0 && words.waiting(unsent),
    refused > 0 && words.refused(refused),
    !unsent && !refused && line.isThere && (line.sentAt ? words.sent(clock(line.sentAt)) : words.never),
    line.isWrong && words.wrong,
    !isIn && words.signIn,
  ].filter(Boolean)
  const text = isIn || unsent ? parts.join(' · ') : ''
  const place = document.getElementById('state')
  place.classList.toggle('alarm', refused > 0 || unsent > 0 || !line.isThere)
  if (place.textContent === text) return // said once is enough
  place.replaceChildren(unsent || refused ? link(text, '#/unsent') : text)
}
