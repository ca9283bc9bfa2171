import { gatewayHandler } from '#lib/http/gateway.ts'
import { bytesResult } from '#lib/http/gateway-bytes.ts'
import { flushing } from '#lib/telemetry/flushing.ts'
import { proxyApp } from './app.ts'
import { compose } from './compose.ts'

const deps = compose()

export const handler = flushing(deps.metrics, gatewayHandler(proxyApp(deps).fetch, bytesResult))
