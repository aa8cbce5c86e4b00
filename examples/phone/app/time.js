// Days and times as she reads them, in the phone's own zone and language.

const LANGUAGE = 'en-GB' // days as Waymark writes them: 22 November
const MINUTE = 60_000

export const clock = (at) =>
  new Date(at).toLocaleTimeString(LANGUAGE, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

export const day = (at) => new Date(at).toLocaleDateString(LANGUAGE, { day: 'numeric', month: 'long' })

/** The local day of a moment, as `2026-03-02`. */
export function dayOf(at) {
  const local = new Date(at)
  const two = (number) => String(number).padStart(2, '0')
  return `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())}`
}

export const today = () => dayOf(Date.now())
export const daysAgo = (number) => dayOf(Date.now() - number * 24 * 60 * MINUTE)

/** "Today 09:12", or "2 March, 09:12". */
export const whenIt = (at) => (dayOf(at) === today() ? `Today ${clock(at)}` : `${day(at)}, ${clock(at)}`)

/** How long ago, in words: "3 hours". */
export function howLong(since) {
  const minutes = Math.round((Date.now() - since) / MINUTE)
  const [number, unit] =
    minutes < 60 ? [minutes, 'minute']
    : minutes < 48 * 60 ? [Math.round(minutes / 60), 'hour']
    : [Math.round(minutes / 60 / 24), 'day']
  return `${number} ${unit}${number === 1 ? '' : 's'}`
}
