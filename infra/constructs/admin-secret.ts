import { Validations } from 'aws-cdk-lib'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import { env } from '#lib/config/names.ts'

/**
 * A random token, made by Secrets Manager when the stack is first deployed. It has no name of its own, so it is not among
 * the `sluice/{stage}/…` that the webhook function may read.
 */
export function adminSecret(scope: Construct): Secret {
  const secret = new Secret(scope, 'AdminSecret', {
    description: 'Sluice: the token of the API and the console',
    generateSecretString: {
      secretStringTemplate: '{}',
      generateStringKey: env.adminToken,
      excludePunctuation: true,
      passwordLength: 43,
    },
  })
  Validations.of(secret).acknowledge({
    id: 'AwsSolutions-SMG4',
    reason: 'Rotating it locks out whoever uses the API: that is for people to time, by one call.',
  })
  return secret
}
