import { createServer, type RequestListener } from 'node:http'
import { listen } from '../services/aws-json.ts'

/** The port that the outside sees: open at once, so that its address is known, and answering when there is who answers. */
export interface Door {
  readonly url: string
  answerBy(listener: RequestListener): void
  close(): Promise<void>
}

const notYet: RequestListener = (_, response) => {
  response.writeHead(503, { 'retry-after': '1' }).end()
}

/** @throws Error with what to do when the port is taken. */
export async function openDoor(port: number): Promise<Door> {
  let listener = notYet
  const server = createServer((request, response) => listener(request, response))
  try {
    const endpoint = await listen(server, port)
    return {
      url: endpoint.url,
      answerBy: (next) => {
        listener = next
      },
      close: () => endpoint.close(),
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new Error(`port ${port} is taken: set PORT to another one`, { cause: error })
  }
}
