// One request to the API.  Three things can come back, and whoever asks has to think of all three:
// an answer, a refusal (`Refused`: what was asked is wrong) or nothing (`NoLine`: try again later).

const BASE = '/api/v1'
const VERSION = '1.0.0'
const PATIENCE = 20_000

/** Nothing was heard, or the site is busy.  Nobody knows whether it was done: send it again. */
export class NoLine extends Error {}

/** Waymark said no.  `problem` is its answer: type, title, and errors by place. */
export class Refused extends Error {
  constructor(status, problem, wait) {
    super(problem.title ?? String(status))
    Object.assign(this, { status, problem, wait, kind: (problem.type ?? '').split('/').pop() })
  }
}

/** Ask once.  Returns `{status, body, etag}`; of 304 the body is null. */
export async function ask(method, path, { body, token, etag, key } = {}) {
  const headers = { 'App-Version': VERSION }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  if (token) headers.Authorization = `Bearer ${token}`
  if (etag) headers['If-None-Match'] = etag
  if (key) headers['Idempotency-Key'] = key
  let answer, text
  try {
    answer = await fetch(BASE + path, {
      method, headers, cache: 'no-store', credentials: 'omit',
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    })
    text = await answer.text() // an answer that breaks off is no answer
  } catch {
    throw new NoLine('nothing was heard')
  }
  if (answer.status >= 500) throw new NoLine(`the site answers ${answer.status}`)
  const read = text ? parsed(text) : null
  if (answer.ok || answer.status === 304) {
    return { status: answer.status, body: read, etag: answer.headers.get('ETag') }
  }
  throw new Refused(answer.status, read ?? {}, Number(answer.headers.get('Retry-After') ?? 0))
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    throw new NoLine('half an answer')
  }
}
