// The only place that asks for Trusted Types: this one address may run as a service worker.

const ADDRESS = '/sw.js'

/** Put the service worker on, so that the app opens without a line. */
export async function startServiceWorker() {
  if (!('serviceWorker' in navigator)) return
  const policy = window.trustedTypes?.createPolicy('phone', {
    createScriptURL(address) {
      if (address !== ADDRESS) throw new TypeError('not the service worker')
      return address
    },
  })
  const address = policy?.createScriptURL(ADDRESS) ?? ADDRESS
  await navigator.serviceWorker.register(address, { type: 'module' })
}
