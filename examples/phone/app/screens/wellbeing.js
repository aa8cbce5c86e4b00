// The wellbeing check: one number, what it is about, whether she is safe, whom she would talk to.

import { box, el, paragraphs } from '../dom.js'
import { form } from '../form.js'
import { asCheck, ofWellbeing } from '../questions.js'
import { lastRead } from '../reading.js'
import { save } from '../saving.js'
import { W } from '../strings.js'

let hasForm = false

async function draw() {
  const catalog = await lastRead('wellbeing')
  hasForm = Boolean(catalog)
  if (!catalog) return el('p', {}, W.notRead)
  // Said before anything about safety, where nobody is told.
  const notice = (await lastRead('form'))?.team_notice
  return [
    notice && box(el('h2', {}, notice.title), paragraphs(notice.text)),
    form(ofWellbeing(catalog), async (said) => {
      const check = asCheck(said)
      if (!check) return W.sayOne
      await save('wellbeing_checks', check)
      location.hash = catalog.then ? `#/questionnaire/${catalog.then}` : '#/today'
    }),
  ]
}

// Until the questions have come; then nothing may be drawn anew under her hands.
const isLive = () => !hasForm

export default { title: W.wellbeing.title, draw, isLive }
