import { App } from 'aws-cdk-lib'
import config from '#config'
import { SluiceStack } from './stack.ts'

/** `npx cdk deploy [-c stage=prod]` */
try {
  const app = new App()
  const stage: unknown = app.node.tryGetContext('stage') ?? 'dev'
  if (typeof stage !== 'string' || !/^[a-z][a-z0-9-]{0,19}$/.test(stage))
    throw new Error('-c stage=… must be 1 to 20 of a-z, 0-9 and "-", starting with a letter')
  new SluiceStack(app, `Sluice-${stage}`, { config, stage })
} catch (error) {
  // What is thrown here is written for whoever deploys; the stack trace leads into minified library code.
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
