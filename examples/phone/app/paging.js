// In low-energy mode a list is shown one by one.

import { link } from './dom.js'
import { isLowEnergy } from './settings.js'
import { W } from './strings.js'

/** All of a list; in low-energy mode the one at `place`, and the way to the next at `address`. */
export function oneByOne(things, place, address) {
  if (!isLowEnergy() || things.length < 2) return things
  const at = Number(place || 0) % things.length
  return [things[at], link(W.other(things.length - 1), `${address}/${at + 1}`, { class: 'button second', id: 'other' })]
}
