/** What a person reads, and what they can do next. */
export interface Words {
  readonly title: string
  readonly text: string
  readonly next: string
}

const startAgain = 'Go back to where you came from and start again.'

/** Every page that a browser can end on. */
export const notices = {
  connected: {
    status: 200,
    title: 'Connected',
    text: 'The connection is made.',
    next: 'You can close this page.',
  },
  pending: {
    status: 200,
    title: 'Almost there',
    text: 'The connection is made, and waits to be confirmed where you began.',
    next: 'Go back there to finish. You can close this page.',
  },
  denied: {
    status: 400,
    title: 'Not connected',
    text: 'You did not allow the access, so nothing was connected.',
    next: startAgain,
  },
  link_malformed: {
    status: 400,
    title: 'This link is not complete',
    text: 'It may have been cut off while it was copied.',
    next: 'Open it again from where you got it.',
  },
  link_used: {
    status: 410,
    title: 'This link has been used',
    text: 'Each link connects once.',
    next: 'Ask for a new one where you got it.',
  },
  link_unknown: {
    status: 410,
    title: 'This link has expired',
    text: 'Links are good for half an hour.',
    next: 'Ask for a new one where you got it.',
  },
  state_invalid: {
    status: 400,
    title: 'This sign-in is not open',
    // One text for all of these (B047): who guesses must not learn which it was.
    text: 'It came back a second time, after ten minutes, or to another browser than it began in. If you were connected, you still are.',
    next: 'If not, start again where you came from.',
  },
  no_client: {
    status: 503,
    title: 'This is not set up yet',
    text: 'The people who run this have not registered it with the provider.',
    next: 'Tell them: the client id and secret are missing.',
  },
  exchange_failed: {
    status: 400,
    title: 'Not connected',
    text: 'The provider did not complete the sign-in, so nothing was connected.',
    next: startAgain,
  },
  no_account: {
    status: 400,
    title: 'Not connected',
    text: 'The provider did not say which account this is.',
    next: 'Start again, and choose an account.',
  },
  another_account: {
    status: 400,
    title: 'That was another account',
    text: 'You signed in to another account than the one that was to be connected again.',
    next: 'Sign out at the provider, then start again with the right account.',
  },
  scopes_missing: {
    status: 400,
    title: 'Some access is missing',
    text: 'Not everything that was asked for was allowed, so nothing was connected.',
    next: 'Start again, and leave every box ticked.',
  },
  issuer_mismatch: {
    status: 400,
    title: 'Not connected',
    text: 'The answer did not come from the provider that was asked.',
    next: startAgain,
  },
  pending_lost: {
    status: 503,
    title: 'This has to be done again',
    text: 'The provider let you in, but the connection could not be kept, so nothing was connected.',
    next: 'Connect again: go back to where you came from and start over.',
  },
  framed: {
    status: 400,
    title: 'Open this in a window of its own',
    text: 'Accounts are not connected inside of another page.',
    next: 'Open the link by itself.',
  },
  unavailable: {
    status: 503,
    title: 'This does not work right now',
    text: 'Nothing was connected.',
    next: 'Wait a minute, then start again where you came from.',
  },
} as const satisfies Record<string, Words & { readonly status: number }>

export type Notice = keyof typeof notices
