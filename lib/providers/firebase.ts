import { googleErrors } from './google-answers.ts'
import type { Provider } from './provider.ts'

export const firebase = {
  id: 'firebase',
  displayName: 'Firebase',
  checkedOn: '2026-11-21',
  docs: [
    'https://firebase.google.com/docs/cloud-messaging/auth-server',
    'https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode',
  ],
  auth: {
    kind: 'jwt-bearer',
    tokenUrl: 'https://oauth2.googleapis.com/token',
    clientAuth: 'none',
    params: { scope: 'https://www.googleapis.com/auth/firebase.messaging' },
    defaultLifetimeSeconds: 3_600,
  },
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://fcm.googleapis.com/v1/projects/{project_id}',
    // `UNREGISTERED` is a 404: the device's token is to be forgotten.
    errors: { ...googleErrors, throttleWaitMs: 60_000 },
    limits: [{ scope: 'app', limit: 600_000, windowMs: 60_000 }],
  },
} as const satisfies Provider
