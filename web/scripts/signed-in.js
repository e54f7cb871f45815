// Back from the issuer: take the token, and go on to where the reader was going.

import { button, p } from './dom.js'
import { loading, show } from './page.js'
import { signIn, signedIn } from './session.js'

loading('Signing you in…')
try {
  window.location.replace(await signedIn())
} catch {
  show([
    p('You were not signed in. Perhaps this page was loaded twice, or the sign-in was left for too long.'),
    button('Sign in again', () => signIn('/'))
  ], 'You are not signed in')
}
