// Keeping what she reports, and what follows at once.

import { line, talk } from './line.js'
import { showAdvice } from './now.js'
import { create } from './records.js'
import { all } from './store.js'
import { whomToCall } from './urgent.js'

// As long as she may wait for Waymark's own word before the phone says "call".
const PATIENCE = 3000

/** Keep a report, send it if there is a line, and say whom to call if it cannot wait; its id. */
export async function save(table, values) {
  const id = await create(table, values)
  await follow(table, id, values)
  return id
}

/** Send what was kept, and say whom to call if it cannot wait. */
export async function follow(table, id, values) {
  const heard = talk()
  const whom = whomToCall(table, values)
  if (!whom) return
  if (line.isThere) await Promise.race([heard, new Promise((done) => setTimeout(done, PATIENCE))])
  const wasTold = (await all('told')).some((one) => one.id === id)
  if (!wasTold) await showAdvice(whom)
}
