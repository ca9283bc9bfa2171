import { gatewayHandler } from '#lib/http/gateway.ts'
import { adminApp } from './app.ts'
import { compose } from './compose.ts'

export const handler = gatewayHandler(adminApp(compose()).fetch)
