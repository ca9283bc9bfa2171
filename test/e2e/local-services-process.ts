import { startServices } from '#infra/local/services/start-services.ts'

/** The services alone, to be killed: says where they answer as one line of JSON, and runs until it is ended. */
const [dataDir = ''] = process.argv.slice(2)
const { endpoints } = await startServices(dataDir)
process.stdout.write(`${JSON.stringify(endpoints)}\n`)
