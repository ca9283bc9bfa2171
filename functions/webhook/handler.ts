import { gatewayHandler } from '#lib/http/gateway.ts'
import { flushing } from '#lib/telemetry/flushing.ts'
import { webhookApp } from './app.ts'
import { compose } from './compose.ts'

const deps = compose()

export const handler = flushing(deps.metrics, gatewayHandler(webhookApp(deps).fetch))
