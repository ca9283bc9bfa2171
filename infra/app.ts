import { App } from 'aws-cdk-lib'
import config from '#config'
import { checkStage } from './checks.ts'
import { SluiceStack } from './stack.ts'

/** `npx cdk deploy [-c stage=prod]` */
try {
  const app = new App()
  const stage = checkStage(String(app.node.tryGetContext('stage') ?? 'dev'))
  new SluiceStack(app, `Sluice-${stage}`, { config, stage })
} catch (error) {
  // What is thrown here is written for whoever deploys; the stack trace leads into minified library code.
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
