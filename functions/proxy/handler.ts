import { gatewayHandler } from '#lib/http/gateway.ts'
import { bytesResult } from '#lib/http/gateway-bytes.ts'
import { proxyApp } from './app.ts'
import { compose } from './compose.ts'

export const handler = gatewayHandler(proxyApp(compose()).fetch, bytesResult)
