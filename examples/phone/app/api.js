// Calls of the API as her who is signed in.

import { Refused, ask } from './http.js'
import { said } from './events.js'
import { accessToken, refresh } from './tokens.js'

/**
 * Ask as her.  Options are those of `ask`: body, etag, key (an Idempotency-Key, for a POST whose
 * body has no id of ours).  A token that has run out is changed for the next one, once.
 */
export async function call(method, path, options = {}) {
  const token = await accessToken()
  try {
    return await ask(method, path, { ...options, token })
  } catch (no) {
    if (!(no instanceof Refused)) throw no
    if (no.status === 410) said('wipe')
    if (no.status === 426) said('too-old')
    if (no.status !== 401) throw no
  }
  return ask(method, path, { ...options, token: await refresh(token) })
}
