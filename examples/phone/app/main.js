// The app: which screen shows, and what runs beside it.

import { el, link } from './dom.js'
import { when } from './events.js'
import { forget } from './leaving.js'
import { keepTalking } from './line.js'
import { watchForGuidance } from './now.js'
import { startServiceWorker } from './service_worker.js'
import { isLowEnergy, readSettings } from './settings.js'
import { watchState } from './state_line.js'
import { W } from './strings.js'
import { isSignedIn } from './tokens.js'

import article from './screens/article.js'
import checkIn from './screens/check_in.js'
import dose from './screens/dose.js'
import doses from './screens/doses.js'
import feed from './screens/feed.js'
import help from './screens/help.js'
import questionnaire from './screens/questionnaire.js'
import reminders from './screens/reminders.js'
import replies from './screens/replies.js'
import settings from './screens/settings.js'
import sharing from './screens/sharing.js'
import signIn from './screens/sign_in.js'
import today from './screens/today.js'
import unsent from './screens/unsent.js'
import wellbeing from './screens/wellbeing.js'

/**
 * By its name in the address: `{title, draw, isLive}`.  `draw` returns what is on it, for what
 * stands after the name in the address; while it is live it is drawn anew when something changes.
 */
const SCREENS = {
  article, dose, doses, feed, help, questionnaire, reminders, replies, settings, sharing, today,
  unsent, wellbeing, 'check-in': checkIn,
}
const IN_NAV = { today: W.today, feed: W.read, replies: W.replies, settings: W.more }
const IN_NAV_LOW = { today: W.today, settings: W.more }

let shown = null
let drawing = Promise.resolve()
let waits = null

// One after the other; a change while a drawing waits for its turn is in that drawing.
function show(isNew) {
  if (waits) {
    waits.isNew ||= isNew
    return drawing
  }
  const mine = (waits = { isNew })
  drawing = drawing.then(() => {
    waits = null
    return draw(mine.isNew)
  }).catch(reportError)
  return drawing
}

async function draw(isNew) {
  const [name, ...rest] = location.hash.replace(/^#\//, '').split('/').map(decodeURIComponent)
  const known = Object.hasOwn(SCREENS, name) ? name : 'today'
  // Numbers to call are there for whoever holds the phone.
  const screen = known === 'help' || (await isSignedIn()) ? SCREENS[known] : signIn
  if (!isNew && (screen !== shown || !screen.isLive() || hasBegun())) return
  const content = await screen.draw(rest.join('/'))
  const heading = el('h1', { tabindex: -1 }, screen.title)
  const focused = document.activeElement?.id
  const opened = isNew ? [] : details().map((one) => one.open)
  document.getElementById('main').replaceChildren(heading, ...[content].flat(3).filter(Boolean))
  details().forEach((one, at) => (one.open = Boolean(opened[at]))) // what she reads stays open
  document.title = `${screen.title} · ${W.name}`
  drawNav(known, screen === signIn)
  const dialogIsOpen = document.getElementById('now').open
  if (isNew && shown && !dialogIsOpen) {
    scrollTo(0, 0)
    heading.focus()
  } else if (focused) document.getElementById(focused)?.focus()
  shown = screen
}

const details = () => [...document.querySelectorAll('main details')]

// Whether she has typed something that is not kept yet: it is not to vanish under her hands.
function hasBegun() {
  const inputs = [...document.querySelectorAll('main :is(input, textarea)')]
  return inputs.some((one) => one.value !== one.defaultValue)
}

function drawNav(name, isOut) {
  const nav = document.getElementById('nav')
  nav.hidden = isOut
  nav.replaceChildren(...Object.entries(isLowEnergy() ? IN_NAV_LOW : IN_NAV).map(([one, words]) =>
    link(words, `#/${one}`, { id: `nav-${one}`, 'aria-current': one === name ? 'page' : null })))
  const help = document.getElementById('help')
  help.textContent = W.help
  help.hidden = name === 'help'
}

addEventListener('hashchange', () => show(true))
when('changed', () => show(false))
when('signed-out', () => show(true))
when('wipe', forget)
when('too-old', () => {
  if (document.getElementById('too-old')) return
  document.body.prepend(el('p', { id: 'too-old', class: 'problem box', role: 'alert' }, W.state.tooOld))
})

startServiceWorker().catch(reportError) // without it the app works, but only with a line
await readSettings()
await show(true)
await watchState()
await watchForGuidance()
await keepTalking()
