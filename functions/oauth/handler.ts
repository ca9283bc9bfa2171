import { gatewayHandler } from '#lib/http/gateway.ts'
import { oauthApp } from './app.ts'
import { compose } from './compose.ts'

export const handler = gatewayHandler(oauthApp(compose()).fetch)
