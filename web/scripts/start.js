// The first page: sign in, or on to what is for whoever has.

import { ask } from './api.js'
import { button, list, p } from './dom.js'
import { page, show, titled } from './page.js'
import { SignedOut, signIn, token } from './session.js'

const FIRST = { officer: '/cases.html', school: '/your-school.html' }

async function signedIn() {
  try {
    await token()
    return true
  } catch (problem) {
    if (problem instanceof SignedOut) return false
    throw problem
  }
}

if (await signedIn()) {
  await page(null, async (me) => {
    const first = FIRST[me.kind]
    if (first) window.location.replace(first)
    return first ? null : [p('You are signed in. There is no page for you here; a program asks the API itself.')]
  })
} else {
  titled('Sign in')
  show([
    p('For officers of local authorities, who look at cases of absence from school and decide about them, and for schools, which send their registers.'),
    p('After you have signed in you can:'),
    list('as an officer: see why each case is open and what was tried, decide, and fetch notices and the packs for meetings with schools',
      'as a school: send a file, see what is wrong in it and how to mend it, and fetch your returns, lists and letters'),
    button('Sign in', () => signIn('/'))
  ])
}
