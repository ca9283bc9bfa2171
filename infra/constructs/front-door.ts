import { Validations } from 'aws-cdk-lib'
import { HttpApi, HttpMethod, HttpStage, type CfnStage, type HttpRoute } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { Construct } from 'constructs'
import type { Plan } from '../plan.ts'
import type { GatewayFunction } from './gateway-function.ts'

export interface FrontDoorProps {
  readonly webhook: GatewayFunction
  readonly admin: GatewayFunction
  readonly oauth: GatewayFunction
  readonly proxy: GatewayFunction
  readonly throttle: Plan['throttle']
}

/** POST is what webhooks come by; every other method also reaches the function, which answers 405 in our own words. */
const webhookMethods = [HttpMethod.POST, HttpMethod.ANY]
const webhookPaths = ['/webhooks/{provider}', '/webhooks/{provider}/{endpoint}']
const oauthPaths = ['/oauth/{provider}/connect', '/oauth/{provider}/callback']
const proxyPaths = ['/proxy/{connection}/{path+}']
const adminPaths = ['/health', '/openapi.json', '/api/{proxy+}', '/console', '/console/{proxy+}']

/** The one public address. Unknown paths end at the gateway and start no function. */
export class FrontDoor extends Construct {
  readonly url: string

  constructor(scope: Construct, id: string, { throttle, ...functions }: FrontDoorProps) {
    super(scope, id)
    const api = new HttpApi(this, 'Api', {
      createDefaultStage: false,
      description: 'Sluice: webhooks in, console and API',
    })
    const toWebhook = new HttpLambdaIntegration('Webhook', functions.webhook.lambda)
    for (const path of webhookPaths) api.addRoutes({ path, methods: webhookMethods, integration: toWebhook })
    const limited = [
      ['Admin', functions.admin, adminPaths],
      ['OAuth', functions.oauth, oauthPaths],
      ['Proxy', functions.proxy, proxyPaths],
    ] as const
    const routes = limited.flatMap(([name, { lambda }, paths]) => {
      const integration = new HttpLambdaIntegration(name, lambda)
      return paths.flatMap((path) => api.addRoutes({ path, methods: [HttpMethod.ANY], integration }))
    })
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: throttle.webhook.rate, burstLimit: throttle.webhook.burst },
    })
    limitRoutes(stage, routes, throttle.admin)
    Validations.of(api).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        'Webhooks are authorised by their signature and the API by its token, in the functions: providers can not sign for an authoriser.',
    })
    Validations.of(stage).acknowledge({
      id: 'AwsSolutions-APIG1',
      reason:
        'The functions log what they refuse, sampled; a line per request would let forged traffic run up the bill.',
    })
    this.url = api.apiEndpoint
  }
}

/** The L2 stage has one limit for all; the routes have to exist before the stage can name them. */
function limitRoutes(stage: HttpStage, routes: readonly HttpRoute[], limit: Plan['throttle']['admin']): void {
  const resource = stage.node.defaultChild as CfnStage
  resource.routeSettings = Object.fromEntries(
    [...adminPaths, ...oauthPaths, ...proxyPaths].map((path) => [
      `ANY ${path}`,
      { ThrottlingRateLimit: limit.rate, ThrottlingBurstLimit: limit.burst },
    ]),
  )
  stage.node.addDependency(...routes)
}
