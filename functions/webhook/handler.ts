import { gatewayHandler } from '#lib/http/gateway.ts'
import { webhookApp } from './app.ts'
import { compose } from './compose.ts'

export const handler = gatewayHandler(webhookApp(compose()).fetch)
