// The check-in of the day: what Waymark wants to know today, as it was read last.

import { el } from '../dom.js'
import { form } from '../form.js'
import { asReport, ofCheckIn } from '../questions.js'
import { lastRead } from '../reading.js'
import { save } from '../saving.js'
import { W } from '../strings.js'

let hasForm = false

async function draw() {
  const asked = await lastRead('form')
  hasForm = Boolean(asked)
  if (!asked) return el('p', {}, W.notRead)
  const questions = ofCheckIn(asked)
  return form(questions, async (said) => {
    const report = asReport(questions, said)
    if (!report) return W.sayOne
    await save('symptom_reports', report)
    location.hash = '#/today'
  })
}

// Until the form has come; then nothing may be drawn anew under her hands.
const isLive = () => !hasForm

export default { title: W.checkIn.title, draw, isLive }
