// Signing out, and being told to forget everything.

import { ask } from './http.js'
import { said } from './events.js'
import { silence, stopMessages } from './push.js'
import { wipe } from './store.js'
import { KNOWN, accessToken } from './tokens.js'

/** Sign out, and delete what is on the phone: also if Waymark cannot be told. */
export async function signOut() {
  await stopMessages().catch(() => null)
  const token = await accessToken()
  if (token) await ask('POST', '/auth/logout', { token }).catch(() => null)
  await wipe()
  said('signed-out')
}

/** The phone is lost or taken away: forget everything, that she ever was here too. */
export async function forget() {
  await silence()
  localStorage.removeItem(KNOWN)
  await wipe()
  said('signed-out')
}
