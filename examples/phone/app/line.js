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

/** What is known of the line: `isThere`, `isBusy`, and when the last round went through. */
export const line = { isThere: navigator.onLine, isBusy: false, sentAt: null, wrong: null }

let failures = 0
let timer = null
let round = null

/** Talk to Waymark now; resolves when that is over, whatever came of it. */
export function talk() {
  // One round at a time; what is asked for meanwhile is a round of its own.
  round = (round ?? Promise.resolve()).then(once)
  return round
}

/** Begin, and go on by itself. */
export async function keepTalking() {
  line.sentAt = (await kept('sent_at')) ?? null
  addEventListener('online', talk)
  addEventListener('offline', () => tell({ isThere: false }))
  document.addEventListener('visibilitychange', () => document.hidden || talk())
  when('signed-out', () => tell({ sentAt: null }))
  return talk()
}

async function once() {
  clearTimeout(timer)
  if (!(await isSignedIn())) return
  tell({ isBusy: true })
  try {
    await synchronize()
    await keep('sent_at', Date.now())
    tell({ isThere: true, sentAt: Date.now(), wrong: null })
    await readAnew()
    failures = 0
    tell({ isBusy: false })
    timer = setTimeout(talk, EVERY)
  } catch (no) {
    tell({ isBusy: false, isThere: !(no instanceof NoLine), wrong: no instanceof NoLine ? null : no })
    if (no instanceof Refused && [401, 410, 426].includes(no.status)) return
    timer = setTimeout(talk, pause(no))
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
