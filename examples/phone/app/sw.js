// The service worker: keeps the app itself, so that it opens without a line, and shows messages.
//
// It never touches what Waymark answers: what is about her is in IndexedDB alone, and wiped there.

import { FILES, VERSION } from '/shell.js'

const SHELL = `shell-${VERSION}`
// Where a message leads, by its kind; nothing about her stands in it.
const LEADS_TO = { reply: '/#/replies', question: '/#/replies', reminder: '/#/today' }

self.addEventListener('install', (event) => {
  const fresh = FILES.map((file) => new Request(file, { cache: 'reload' }))
  event.waitUntil(
    caches.open(SHELL).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((one) => one !== SHELL).map((one) => caches.delete(one))))
      .then(() => self.clients.claim()),
  )
})

self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url)
  if (event.request.method !== 'GET' || origin !== location.origin || !FILES.includes(pathname)) return
  event.respondWith(
    caches.open(SHELL)
      .then((cache) => cache.match(pathname))
      .then((there) => there ?? fetch(event.request)),
  )
})

// `{title, kind, key, subject_id, body}`: the title says nothing of her, and a repeat has the same
// key, so it takes the place of the first.
self.addEventListener('push', (event) => {
  const { title, kind, key } = event.data.json()
  event.waitUntil(
    self.registration.showNotification(title || 'Waymark', {
      tag: key, icon: '/icon.svg', badge: '/icon.svg', data: { leadsTo: LEADS_TO[kind] ?? '/#/today' },
    }),
  )
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(event.notification.data.leadsTo))
})

async function open(address) {
  const [tab] = await self.clients.matchAll({ type: 'window' })
  if (!tab) return self.clients.openWindow(address)
  await tab.focus()
  return tab.navigate(address)
}
