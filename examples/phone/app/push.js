// Messages of the browser (Web Push): asking for them, and stopping them.
//
// What arrives is shown by the service worker, with the discreet title Waymark sends.

import { call } from './api.js'
import { newId } from './ids.js'
import { keep, kept } from './store.js'

const DEVICE = 'device'

export const canHaveMessages = () => 'PushManager' in window && 'Notification' in window

/** Whether this phone gets messages now. */
export async function hasMessages() {
  if (!canHaveMessages() || Notification.permission !== 'granted') return false
  return Boolean(await kept(DEVICE))
}

/**
 * Ask her, subscribe, and tell Waymark.  Rejects with `Refused` (kind `no-web-push`: the site sends
 * none), `NoLine`, or what the browser says.
 */
export async function startMessages() {
  if ((await Notification.requestPermission()) !== 'granted') throw new Error('not allowed')
  const { public_key: key } = (await call('GET', '/me/push-key')).body
  const { pushManager } = await navigator.serviceWorker.ready
  const subscription = await pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey: key,
  })
  const device = (await kept(DEVICE)) ?? newId()
  const body = { platform: 'webpush', subscription: subscription.toJSON() }
  await call('PUT', `/me/devices/${device}`, { body })
  await keep(DEVICE, device)
}

/** Get no more of them.  Rejects with `NoLine` or `Refused` if Waymark did not hear of it. */
export async function stopMessages() {
  await silence()
  const device = await kept(DEVICE)
  if (!device) return
  await call('DELETE', `/me/devices/${device}`)
  await keep(DEVICE, null)
}

/** Take away the messages that show, and hear of no more: what can be done here, and without a line. */
export async function silence() {
  const registration = await navigator.serviceWorker.getRegistration()
  if (!registration) return
  const subscription = await registration.pushManager?.getSubscription()
  await subscription?.unsubscribe()
  for (const shown of await registration.getNotifications()) shown.close()
}
