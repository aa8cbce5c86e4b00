// Her tokens: signing in, and the next pair in time.  How they go: leaving.js.

import { NoLine, Refused, ask } from './http.js'
import { said } from './events.js'
import { waiting } from './records.js'
import { keep, kept, wipe } from './store.js'

const PAIR = 'tokens'
// Opens nothing: it tells Waymark that she has been on this phone before, so that strangers who
// guess at her password do not keep her waiting.  It stays after signing out, so not in the store.
export const KNOWN = 'waymark-known-device'

/**
 * Sign in.  Rejects with `NoLine`, or with `Refused`: wrong, `wait` seconds to wait, or of kind
 * `not-a-patient` or `not-hers`: somebody else's notes are on this phone and not sent.
 */
export async function signIn({ email, password, code }) {
  const body = { email, password, device_name: 'Waymark phone' }
  if (code) body.totp_code = code
  const known = localStorage.getItem(KNOWN)
  if (known) body.known_device = known
  const answer = await ask('POST', '/auth/login', { body })
  const me = await ask('GET', '/me', { token: answer.body.access_token })
  if (me.body.role !== 'patient') throw new Refused(403, { type: 'not-a-patient' })
  const before = await kept('me')
  // Somebody else's: none of it may be shown to her, or sent as hers.
  if (before && before.body.id !== me.body.id) {
    if ((await waiting()).length) throw new Refused(409, { type: 'not-hers' })
    await wipe()
  }
  await keepPair(answer.body)
  await keep('me', { body: me.body })
}

export const isSignedIn = async () => Boolean((await kept(PAIR))?.access_token)
export const accessToken = async () => (await kept(PAIR))?.access_token

/**
 * Change the pair for the next one.  A refresh token is good once, so one tab does it at a time,
 * and whoever comes second uses what the first one got.  The key is kept beside the token: if the
 * answer is lost, the same request is sent again, and answered the same.
 */
export function refresh(spent) {
  return navigator.locks.request('tokens', async () => {
    const pair = await kept(PAIR)
    if (!pair?.refresh_token) throw new Refused(401, {})
    if (pair.access_token !== spent) return pair.access_token
    try {
      const body = { refresh_token: pair.refresh_token }
      const answer = await ask('POST', '/auth/refresh', { body, key: pair.next_key })
      await keepPair(answer.body)
      return answer.body.access_token
    } catch (no) {
      if (no instanceof NoLine) throw no
      if (no.status === 410) said('wipe')
      else if (no.status === 401) await lose()
      throw no
    }
  })
}

// Signed out from afar: what was not sent stays, and is sent once she signs in again.
async function lose() {
  await keep(PAIR, null)
  said('signed-out')
}

async function keepPair({ access_token, refresh_token, known_device }) {
  localStorage.setItem(KNOWN, known_device)
  // One write: the new pair is there before the old one is gone.
  await keep(PAIR, { access_token, refresh_token, next_key: crypto.randomUUID() })
}
