// The published @medplum/core, unmodified, against our socket. Says what happens as JSON lines; ends when stdin does.
//   node medplum.mjs <base url with a slash at the end> <criteria> [criteria ...]
// With CLIENT_ID and CLIENT_SECRET in the environment it logs in at the server.
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'

// The library reads the global when it is imported; Node 20 has none.
globalThis.WebSocket ??= WebSocket
const { MedplumClient } = await import('@medplum/core')

const [base, ...criteria] = process.argv.slice(2)
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }))
const b64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

// Where no login is configured, this stands in for oauth2/token and auth/me, and for nothing else.
const { CLIENT_ID: id = 'check', CLIENT_SECRET: secret } = process.env
const jwt = `${b64({ alg: 'none' })}.${b64({ login_id: 'l', client_id: 'check', exp: Math.floor(Date.now() / 1000) + 3600 })}.x`
const standIn = {
  'oauth2/token': {
    access_token: jwt, token_type: 'Bearer', expires_in: 3600,
    project: { reference: 'Project/p' }, profile: { reference: 'Practitioner/dr-1' },
  },
  'auth/me': {
    project: { resourceType: 'Project', id: 'p', features: ['websocket-subscriptions'] },
    membership: { resourceType: 'ProjectMembership', id: 'm' },
    profile: { resourceType: 'Practitioner', id: 'dr-1' },
    config: { resourceType: 'UserConfiguration', id: 'c' },
    accessPolicy: { resourceType: 'AccessPolicy' },
  },
}
async function fetchOrStandIn(url, options) {
  const path = String(url).slice(base.length)
  const answer = secret ? undefined : standIn[path]
  return answer
    ? new Response(JSON.stringify(answer), { status: 200, headers: { 'content-type': 'application/json' } })
    : fetch(url, options)
}

const client = new MedplumClient({ baseUrl: base, fetch: fetchOrStandIn, cacheTime: 0 })
await client.startClientLogin(id, secret ?? 'secret')
say('login', { profile: client.getProfile(), bearer: client.getAccessToken() })
for (const each of criteria) {
  const emitter = client.subscribeToCriteria(each)
  emitter.addEventListener('connect', (e) => say('connect', { criteria: each, id: e.payload.subscriptionId }))
  emitter.addEventListener('message', (e) => {
    const [status, resource] = e.payload.entry.map((entry) => entry.resource)
    say('message', { criteria: each, text: resource?.payload?.[0]?.contentString, number: status.notificationEvent?.[0]?.eventNumber })
  })
  emitter.addEventListener('error', (e) => say('error', { criteria: each, text: String(e.payload?.message ?? e.payload) }))
  emitter.addEventListener('disconnect', () => say('disconnect', { criteria: each }))
}
const master = client.getMasterSubscriptionEmitter()
for (const type of ['open', 'close', 'heartbeat']) master.addEventListener(type, () => say(type))

createInterface({ input: process.stdin }).on('close', () => process.exit(0))
