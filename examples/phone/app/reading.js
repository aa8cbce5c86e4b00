// What is read besides the synced tables, and kept to be shown without a line.

import { call } from './api.js'
import { NoLine, Refused } from './http.js'
import { said } from './events.js'
import { keep, kept } from './store.js'

const PATIENT = '/patients/me'
/** By the name it is kept under: where it is read. */
const READ = {
  card: `${PATIENT}/safety-card`,
  plan: `${PATIENT}/safety-plan`,
  form: `${PATIENT}/check-in`,
  feed: `${PATIENT}/feed`,
  replies: `${PATIENT}/replies`,
  wellbeing: '/catalog/wellbeing-check',
  drugs: '/catalog/treatments?limit=200',
  me: '/me',
}

/** Read all of it again; what has not changed is not sent (304). */
export async function readAnew() {
  const news = await Promise.all(Object.keys(READ).map((name) => readOne(name, READ[name])))
  for (const code of await dueQuestionnaires()) {
    news.push(await readOne(`questionnaire ${code}`, `/catalog/questionnaires/${code}`))
  }
  if (news.some(Boolean)) said('changed')
}

/** What was read last under a name, or undefined. */
export const lastRead = async (name) => (await kept(name))?.body

/** The codes of what is due, and of what is asked after a wellbeing check. */
export async function dueQuestionnaires() {
  const due = (await lastRead('form')).questionnaires.map((one) => one.code)
  return new Set([...due, (await lastRead('wellbeing')).then].filter(Boolean))
}

/** An article: read now if there is a line, else as it was kept. */
export async function article(slug) {
  const name = `article ${slug}`
  try {
    await readOne(name, `/content/${encodeURIComponent(slug)}`)
  } catch (no) {
    if (!(no instanceof NoLine) && !(no instanceof Refused)) throw no
  }
  return lastRead(name)
}

// Whether it is another one than before.
async function readOne(name, path) {
  const there = await kept(name)
  const { status, body, etag } = await call('GET', path, { etag: there?.etag })
  if (status === 304) return false
  await keep(name, { body, etag })
  return JSON.stringify(there?.body) !== JSON.stringify(body)
}
