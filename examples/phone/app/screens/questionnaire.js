// One questionnaire.  Each answer is kept and sent at once, as unfinished: Waymark acts on some of
// them (item 9 of the PHQ-9) also if she never comes to the end.

import { el, link } from '../dom.js'
import { form } from '../form.js'
import { lastRead } from '../reading.js'
import { change, create } from '../records.js'
import { follow } from '../saving.js'
import { W } from '../strings.js'

const TABLE = 'questionnaire_responses'

async function draw(code) {
  const asked = await lastRead(`questionnaire ${code}`)
  if (!asked) return el('p', {}, W.notRead)
  const record = { id: null }
  let keeping = Promise.resolve()
  const keep = (said, status) => {
    const values = { questionnaire: code, answers: JSON.stringify(said), status, answered_at: Date.now() }
    keeping = keeping.then(() => kept(record, values)) // one answer after the other
    return keeping
  }
  return [
    el('p', {}, asked.recall),
    form(questionsOf(asked), async (said) => {
      if (!Object.keys(said).length) return W.sayOne
      await keep(said, 'completed')
      location.hash = '#/today'
    }, (said) => keep(said, 'in-progress')),
    link(W.questionnaire.later, '#/today', { class: 'button second' }),
    el('p', { class: 'quiet' }, asked.credit),
  ]
}

async function kept(record, values) {
  if (record.id) await change(TABLE, record.id, values)
  else record.id = await create(TABLE, values)
  await follow(TABLE, record.id, values)
}

function questionsOf({ items, answers, unscored }) {
  const question = (key, text, choices) => ({ key: String(key), kind: 'one', prompt: text, options: choices })
  return [
    ...items.map(({ n, text, answers: own }) => question(n, text, own ?? answers)),
    ...unscored.map(({ key, text, answers: own }) => question(key, text, own ?? answers)),
  ]
}

export default { title: W.questionnaire.title, draw, isLive: () => false }
