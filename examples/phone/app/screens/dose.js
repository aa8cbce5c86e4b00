// What became of one dose: taken, or why not.

import { button, el } from '../dom.js'
import { talk } from '../line.js'
import { change } from '../records.js'
import { W } from '../strings.js'
import { taken } from './doses.js'

const words = W.doses
const HELD = 'told_to_hold'

async function draw(id) {
  async function notTaken(reason) {
    const status = reason === HELD ? 'held' : 'missed'
    await change('doses', id, { status, taken_at: null, reason })
    talk()
    location.hash = '#/today'
  }
  return [
    el('h2', { id: 'why' }, words.why),
    el('div', { class: 'stack', role: 'group', 'aria-labelledby': 'why' },
      Object.entries(words.reasons).map(([reason, label]) => button(label, () => notTaken(reason), { class: 'second' })),
      button(words.wasTaken, async () => {
        await taken(id)
        location.hash = '#/today'
      })),
  ]
}

export default { title: words.title, draw, isLive: () => false }
