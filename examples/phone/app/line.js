// When to talk to Waymark: after each change, when the line comes back, when she looks at the app,
// and after a while if nothing was heard; each time it fails the while is longer.

import { NoLine, Refused } from './http.js'
import { said, when } from './events.js'
import { readAnew } from './reading.js'
import { isSignedIn } from './tokens.js'
import { keep, kept } from './store.js'
import { synchronize } from './sync.js'

const LONGEST = 300_000
const EVERY = 60_000

// She has to sign in, to wipe, to update: trying again helps nobody.
const OVER = new Set([401, 410, 426])

/** What is known of the line: is it there, when all was sent last, was this app not understood. */
export const line = { isThere: navigator.onLine, sentAt: null, isWrong: false }

let failures = 0
let timer = null
let round = null // the one under way
let next = null // the one after it

/** Talk to Waymark now; resolves when that is over, whatever came of it. */
export function talk() {
  if (next) return next // it has not begun: what is new will be in it
  next = (round ?? Promise.resolve()).then(() => {
    round = next
    next = null
    return once()
  }).catch(reportError)
  return next
}

/** Begin, and go on by itself. */
export async function keepTalking() {
  line.sentAt = (await kept('sent_at')) ?? null
  addEventListener('online', talk)
  addEventListener('offline', () => tell({ isThere: false }))
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return
    said('changed') // it may be another day
    talk()
  })
  when('signed-out', () => tell({ sentAt: null }))
  return talk()
}

async function once() {
  clearTimeout(timer)
  if (!(await isSignedIn())) return
  try {
    await synchronize()
    await keep('sent_at', Date.now())
    tell({ isThere: true, sentAt: Date.now(), isWrong: false })
    await readAnew()
    failures = 0
    timer = setTimeout(talk, EVERY)
  } catch (no) {
    const isOver = no instanceof Refused && OVER.has(no.status)
    const isWrong = no instanceof Refused && !isOver && no.status !== 429
    tell({ isThere: !(no instanceof NoLine), isWrong })
    if (!isOver) timer = setTimeout(talk, pause(no))
    if (!(no instanceof NoLine || no instanceof Refused)) throw no
  }
}

// 1, 2, 4 … seconds and a little chance, so that not all phones come back in the same moment.
function pause(no) {
  failures += 1
  const asked = (no.wait ?? 0) * 1000
  return Math.max(asked, Math.min(LONGEST, 1000 * 2 ** (failures - 1)) * (1 + Math.random() / 2))
}

function tell(news) {
  Object.assign(line, news)
  said('line')
}
