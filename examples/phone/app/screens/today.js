// Today: what is due.  In low-energy mode one thing at a time.

import { box, button, el, link, paragraphs } from '../dom.js'
import { openDoses, openReminders, suggestedReminders } from '../due.js'
import { oneByOne } from '../paging.js'
import { lastRead } from '../reading.js'
import { save } from '../saving.js'
import { W } from '../strings.js'
import { all } from '../store.js'
import { day, dayOf, today } from '../time.js'
import { doseBox } from './doses.js'
import { reminderBox } from './reminders.js'

async function draw(place) {
  const form = await lastRead('form')
  const doses = (await openDoses()).map(doseBox)
  const reminders = [...(await openReminders()), ...(await suggestedReminders())].map(reminderBox)
  const due = (form?.questionnaires ?? []).map(questionnaireBox)
  const things = [await checkInBox(form), ...due, ...doses, ...reminders, wellbeingBox()]
  const notice = form?.team_notice && box(el('h2', {}, form.team_notice.title), paragraphs(form.team_notice.text))
  return [notice, oneByOne(things, place, '#/today'), el('p', { class: 'quiet' }, W.notWatched)]
}

async function checkInBox(form) {
  const words = W.checkIn
  const reports = await all('symptom_reports')
  if (reports.some((one) => dayOf(one.reported_at) === today())) {
    return box(el('h2', {}, words.done), link(words.again, '#/check-in', { class: 'button second', id: 'check-in' }))
  }
  const last = form?.same_as_last
  return box(
    el('h2', {}, words.due),
    link(words.begin, '#/check-in', { class: 'button', id: 'check-in' }),
    last && [
      button(words.same(day(last.reported_at)), () => sameAsLast(last), { class: 'second', id: 'same' }),
      el('p', { class: 'quiet' }, words.sameHint),
    ],
  )
}

const sameAsLast = ({ answers }) =>
  save('symptom_reports', {
    reported_at: Date.now(), answers: JSON.stringify(answers), temperature_c: null,
    stools_over_baseline: null, glucose_mg_dl: null, red_flags: '[]', body_sites: '[]', note: null,
  })

const wellbeingBox = () =>
  box(el('h2', {}, W.wellbeing.title), link(W.wellbeing.begin, '#/wellbeing', { class: 'button second', id: 'wellbeing' }))

const questionnaireBox = ({ code, because }) =>
  box(el('h2', {}, W.questionnaire.title), el('p', {}, because.text),
    link(W.questionnaire.begin, `#/questionnaire/${code}`, { class: 'button second', id: `ask-${code}` }))

export default { title: W.today, draw, isLive: () => true }
