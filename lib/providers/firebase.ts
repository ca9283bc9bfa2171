import type { Provider } from './provider.ts'

export const firebase = {
  id: 'firebase',
  displayName: 'Firebase',
  checkedOn: '2026-11-21',
  docs: ['https://firebase.google.com/docs/cloud-messaging/auth-server'],
  auth: {
    kind: 'jwt-bearer',
    tokenUrl: 'https://oauth2.googleapis.com/token',
    clientAuth: 'none',
    params: { scope: 'https://www.googleapis.com/auth/firebase.messaging' },
    defaultLifetimeSeconds: 3_600,
  },
} as const satisfies Provider
