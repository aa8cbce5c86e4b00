// What is open: doses and reminders of today, and those of yesterday nobody has answered.

import { lastRead } from './reading.js'
import { all } from './store.js'
import { dayOf, daysAgo, today } from './time.js'

const OPEN = new Set(['due', 'sent', 'delivered', 'opened', 'snoozed'])
// Today asks for these by itself.
const ASKED_ANYWAY = new Set(['check_in', 'wellbeing'])
const byTime = (one, other) => one.at.localeCompare(other.at)
const isNow = (at) => at.slice(0, 10) <= today() && at.slice(0, 10) >= daysAgo(1)

/** Doses of yesterday and today: `{id, name, at, status}`, the earliest first. */
export async function recentDoses() {
  const treatments = new Map((await all('treatments')).map((one) => [one.id, one]))
  const drugs = new Map(((await lastRead('drugs'))?.items ?? []).map((one) => [one.code, one.name]))
  const doses = (await all('doses')).filter((one) => isNow(one.local_at) && treatments.has(one.treatment_id))
  return doses.map((one) => {
    const { name, code } = treatments.get(one.treatment_id)
    return { id: one.id, name: name ?? drugs.get(code) ?? code, at: one.local_at, status: one.status }
  }).sort(byTime)
}

export const openDoses = async () => (await recentDoses()).filter((one) => one.status === 'expected')

/** Reminders that ring today: `{id, title, at}`, by occurrence; those of doses are with the doses. */
export async function openReminders() {
  const reminders = new Map((await all('reminders')).map((one) => [one.id, one]))
  return (await all('reminder_occurrences')).flatMap((one) => {
    const of = reminders.get(one.reminder_id)
    const isAskedAnyway = !of || of.treatment_id || ASKED_ANYWAY.has(of.kind)
    if (isAskedAnyway || !OPEN.has(one.status) || !isNow(dayOf(one.due_at))) return []
    return [{ id: one.id, title: of.title, at: one.local_at }]
  }).sort(byTime)
}

/** Reminders Waymark suggests: `{id, title, because, isOnce}`; one that rings once needs her day. */
export async function suggestedReminders() {
  return (await all('reminders')).filter((one) => one.status === 'suggested').map((one) => {
    const because = JSON.parse(one.because ?? '{}')
    return { id: one.id, title: one.title, because: because.about ?? because.text ?? '', isOnce: !one.recurrence }
  })
}
