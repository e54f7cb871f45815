// Who is signed in: the code flow with PKCE, by oidc-client-ts.
//
// The token lies in sessionStorage: it lives as long as the tab, no other tab or later user of the browser finds it, and
// a page can be left for the next one, which memory alone would not survive. It is not renewed: after an hour somebody
// must be at the keyboard. Nothing else is stored.

/* global oidc */

export class SignedOut extends Error {}

let manager = null
let configuration = null

/** What config.json says. */
export async function config() {
  if (!configuration) {
    const answered = await fetch('/config.json', { cache: 'no-cache' })
    configuration = await answered.json()
  }
  return configuration
}

async function signing() {
  if (!manager) {
    const { issuer, client, scope } = await config()
    const here = window.location.origin
    const store = new oidc.WebStorageStateStore({ store: window.sessionStorage, prefix: 'attendance.' })
    manager = new oidc.UserManager({
      authority: issuer,
      client_id: client,
      scope,
      response_type: 'code',
      redirect_uri: `${here}/signed-in.html`,
      userStore: store,
      stateStore: store,
      automaticSilentRenew: false,
      monitorSession: false,
      loadUserInfo: false
    })
  }
  return manager
}

/** The token of who is signed in; SignedOut if nobody is, or their hour is over. */
export async function token() {
  const user = await (await signing()).getUser()
  if (!user || user.expired) throw new SignedOut()
  return user.access_token
}

/** Whether somebody was signed in here whose hour is over. */
export async function wasSignedIn() {
  return Boolean(await (await signing()).getUser())
}

/** Leave for the issuer; it leads back to `target`, a path of ours. */
export async function signIn(target) {
  await forget()
  await (await signing()).signinRedirect({ state: { target } })
}

/** Take what the issuer sent back; where to go on. */
export async function signedIn() {
  const signer = await signing()
  const user = await signer.signinRedirectCallback()
  user.refresh_token = undefined // an issuer may send one unasked; it would outlive the hour
  await signer.storeUser(user)
  const target = String(user.state?.target ?? '/')
  return /^\/(?!\/)[\w./?=&%:-]*$/.test(target) ? target : '/'
}

/** Forget the token. */
export async function forget() {
  await (await signing()).removeUser()
}

/** Sign out here, and with the issuer where it can be told. */
export async function signOut() {
  const { sign_out: place, client } = await config()
  await forget()
  const back = `${window.location.origin}/signed-out.html`
  window.location.assign(place ? `${place}?${new URLSearchParams({ client_id: client, logout_uri: back })}` : back)
}
