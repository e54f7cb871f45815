// Asking the API: the token goes along, a problem is an error that knows its type, and a crowded moment is waited out.

import { SignedOut, config, token } from './session.js'

/** An answer of 4xx or 5xx, or none at all (`status` 0). */
export class Problem extends Error {
  constructor(status, said = {}) {
    super(said.title ?? said.message ?? 'No answer')
    this.status = status
    this.type = String(said.type ?? '').replace('urn:attendance:problem:', '')
    this.detail = said.detail ?? ''
    this.errors = said.errors ?? []
    this.instance = said.instance ?? ''
  }
}

const WAITS = [1000, 2000, 4000]

/** The JSON that a path below /v1 answers; `also` are more of the options of fetch, `once` what waits for no crowd. */
export async function ask(path, also = {}) {
  return (await answered(path, also)).json()
}

/** The bytes that a path below /v1 answers, and what they are (`x-report`). */
export async function file(path) {
  const got = await answered(path, { headers: { accept: '*/*' } })
  return { bytes: new Uint8Array(await got.arrayBuffer()), what: got.headers.get('x-report') }
}

/** Send JSON under a key of its own: sent again with the same key, it is done once. */
export function send(path, body, key, headers = {}) {
  return ask(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', 'idempotency-key': key, ...headers }
  })
}

/** All of a list that comes in pages: what `pick` takes of each. */
export async function every(path, pick) {
  const found = []
  let cursor = null
  do {
    const at = cursor ? `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}` : path
    const page = await ask(at)
    found.push(...pick(page))
    cursor = page.next
  } while (cursor)
  return found
}

async function answered(path, also) {
  const { api } = await config()
  const headers = { accept: 'application/json', ...also.headers, authorization: `Bearer ${await token()}` }
  for (let n = 0; ; n++) {
    let got
    try {
      got = await fetch(`${api}${path}`, { ...also, headers, cache: 'no-store', credentials: 'omit' })
    } catch {
      throw new Problem(0)
    }
    if (got.ok) return got
    if (got.status === 401) throw new SignedOut()
    if (got.status === 429 && n < WAITS.length) {
      await new Promise((resolve) => setTimeout(resolve, WAITS[n]))
      continue
    }
    throw new Problem(got.status, await got.json().catch(() => ({})))
  }
}

/** The address of a link that the API gives, as `/v1/documents/...`. */
export async function linked(url) {
  return (await ask(url.replace(/^\/v1/, ''))).url
}
