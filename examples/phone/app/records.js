// Her records on the phone, and what has not been sent of them.
//
// As WatermelonDB does it, a record carries `_status` (synced, created, updated) and in `_changed`
// the columns she changed here; `_before` is what it said before, should she take the change back.

import { newId } from './ids.js'
import { said } from './events.js'
import { TABLES, all, inOne, put } from './store.js'

/** Keep something new, to be sent when there is a line.  Returns its id, made here. */
export async function create(table, values) {
  const id = newId()
  await put(table, { id, ...values, _status: 'created', _changed: '' })
  said('changed')
  return id
}

/** Change what Waymark knows already (a dose, a reminder); it is sent when there is a line. */
export async function change(table, id, values) {
  await inOne([table, 'rejected'], async (stores, answered) => {
    const record = await answered(stores[table].get(id))
    if (!record) return // taken out at the clinic meanwhile
    const changed = new Set([...record._changed.split(',').filter(Boolean), ...Object.keys(values)])
    const isNew = record._status === 'created'
    stores[table].put({
      ...record, ...values,
      _status: isNew ? 'created' : 'updated',
      _changed: [...changed].join(','),
      ...(isNew ? {} : { _before: record._before ?? record }),
    })
    stores.rejected.delete(id) // changed: worth another try
  })
  said('changed')
}

/** Drop what was not sent: a new record goes, a changed one is as it was. */
export async function takeBack(table, id) {
  await inOne([table, 'rejected'], async (stores, answered) => {
    const record = await answered(stores[table].get(id))
    if (record?._before) stores[table].put(record._before)
    else stores[table].delete(id)
    stores.rejected.delete(id)
  })
  said('changed')
}

/** What has to be sent still, table by table; what was rejected waits until she mends it. */
export async function waiting() {
  const rejected = new Set((await all('rejected')).map((one) => one.id))
  const found = []
  for (const table of TABLES) {
    for (const record of await all(table)) {
      if (record._status !== 'synced' && !rejected.has(record.id)) found.push({ table, record })
    }
  }
  return found
}

/** A record without what only the phone knows of it. */
export function bare({ _status, _changed, _before, ...columns }) {
  return columns
}
