import { auth0 } from './auth0.ts'
import { distru } from './distru.ts'
import { etherscan } from './etherscan.ts'
import { firebase } from './firebase.ts'
import { github } from './github.ts'
import { githubApp } from './github-app.ts'
import { gmail } from './gmail.ts'
import { googleAnalytics } from './google-analytics.ts'
import { googleCalendar } from './google-calendar.ts'
import { googleDrive } from './google-drive.ts'
import { googleWorkspace } from './google-workspace.ts'
import { hmac } from './hmac.ts'
import { leaflink } from './leaflink.ts'
import { mixpanel } from './mixpanel.ts'
import { mycarrierpackets } from './mycarrierpackets.ts'
import { oidc } from './oidc.ts'
import { paypal } from './paypal.ts'
import type { Provider } from './provider.ts'
import { quickbooks } from './quickbooks.ts'
import { r2 } from './r2.ts'
import { s3 } from './s3.ts'
import { sandbox } from './sandbox.ts'
import { sendgrid } from './sendgrid.ts'
import { ses } from './ses.ts'
import { slack } from './slack.ts'
import { standardWebhooks } from './standard-webhooks.ts'
import { stripe } from './stripe.ts'
import { twilio } from './twilio.ts'

// Written by the build from the files beside this one: a provider needs no line of its own here.

/** Every provider this version knows, in alphabetical order of their ids. */
export const providers: readonly Provider[] = [
  auth0,
  distru,
  etherscan,
  firebase,
  github,
  githubApp,
  gmail,
  googleAnalytics,
  googleCalendar,
  googleDrive,
  googleWorkspace,
  hmac,
  leaflink,
  mixpanel,
  mycarrierpackets,
  oidc,
  paypal,
  quickbooks,
  r2,
  s3,
  sandbox,
  sendgrid,
  ses,
  slack,
  standardWebhooks,
  stripe,
  twilio,
]

const byId = new Map(providers.map((provider) => [provider.id, provider]))

/** `undefined` for an unknown id; never looks at prototypes. */
export const findProvider = (id: string): Provider | undefined => byId.get(id)
