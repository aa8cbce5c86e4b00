// Sync with Waymark by the protocol of WatermelonDB: first pull, then push, and once more if
// somebody was quicker.  docs/decisions/0046 says what may happen to a record.

import { call } from './api.js'
import { said } from './events.js'
import { Refused } from './http.js'
import { bare, waiting } from './records.js'
import { TABLES, inOne, kept } from './store.js'

const PATH = '/patients/me/sync'
const TURNS = 3

/** Pull and push.  Returns how many records were sent; rejects with `NoLine` or `Refused`. */
export async function synchronize() {
  for (let turn = 1; ; turn += 1) {
    const pulledAt = await pull()
    try {
      return await push(pulledAt)
    } catch (no) {
      // Changed at the clinic meanwhile: pull that, and try again.
      if (!(no instanceof Refused && no.status === 409) || turn === TURNS) throw no
    }
  }
}

async function pull() {
  const last = (await kept('pulled_at')) ?? 0
  const query = `last_pulled_at=${last}&schema_version=1&migration=null`
  const { changes, timestamp } = (await call('GET', `${PATH}?${query}`)).body
  let number = 0
  await inOne([...TABLES, 'kept'], async (stores, answered) => {
    for (const table of TABLES) {
      const { created, updated, deleted } = changes[table]
      number += created.length + updated.length + deleted.length
      for (const theirs of [...created, ...updated]) {
        const ours = await answered(stores[table].get(theirs.id))
        stores[table].put(merged(ours, theirs))
      }
      for (const id of deleted) stores[table].delete(id)
    }
    stores.kept.put(timestamp, 'pulled_at')
  })
  if (number) said('changed')
  return timestamp
}

// Theirs, but for the columns she has changed here and not sent yet.  What is new here and came back
// all the same was sent, and the answer lost: it goes out once more, for with the answer went what
// she has to be told.
function merged(ours, theirs) {
  const synced = { ...theirs, _status: 'synced', _changed: '' }
  if (!ours || ours._status === 'synced') return synced
  const changed = ours._changed.split(',').filter(Boolean)
  const hers = Object.fromEntries(changed.map((name) => [name, ours[name]]))
  return { ...theirs, ...hers, _status: ours._status, _changed: ours._changed, _before: synced }
}

async function push(pulledAt) {
  const unsent = await waiting()
  if (!unsent.length) return 0
  const changes = {}
  for (const { table, record } of unsent) {
    changes[table] ??= { created: [], updated: [], deleted: [] }
    changes[table][record._status].push(bare(record))
  }
  const answer = await call('POST', `${PATH}?last_pulled_at=${pulledAt}`, { body: changes })
  await enter(unsent, answer.body)
  said('changed')
  if (answer.body.guidance.length) said('told')
  return unsent.length - answer.body.rejections.length
}

async function enter(unsent, { rejections, guidance }) {
  const rejected = new Map(rejections.map((one) => [one.id, one]))
  await inOne([...TABLES, 'rejected', 'told'], async (stores, answered) => {
    for (const { table, record } of unsent) {
      const why = rejected.get(record.id)
      if (why) {
        stores.rejected.put(why)
        continue
      }
      const now = await answered(stores[table].get(record.id))
      if (now) stores[table].put(sent(now, record))
    }
    for (const one of guidance) {
      if (one.guidance.level !== 'none') stores.told.put(one)
    }
  })
}

// What she changed again while it was under way is still to be sent.
function sent(now, record) {
  const synced = { ...bare(record), _status: 'synced', _changed: '' }
  const changed = Object.keys(bare(now)).filter((name) => now[name] !== record[name])
  if (!changed.length) return synced
  return { ...now, _status: 'updated', _changed: changed.join(','), _before: synced }
}
