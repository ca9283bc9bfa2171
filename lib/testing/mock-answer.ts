/** What a mock answers, as plain data: the same one may be given any number of times. */
export interface MockAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  /** What the rate headers say, where it is not the mock's own count. */
  readonly rate?: { readonly remaining: number; readonly resetInMs: number }
}

/** One request as a mock has read it. Credentials are checked and then not kept. */
export interface MockRequest {
  readonly method: string
  /** After the API's base: `/v1/customers/cus_1`. */
  readonly path: string
  readonly url: string
  /** What the route's `:names` stand for. */
  readonly params: Readonly<Record<string, string>>
  /** The last value of each parameter. */
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
  readonly text: string
  /** The body as JSON, or the fields of a form; `undefined` where it is neither. */
  readonly body: unknown
  /** Where the provider has such keys and this request has one. */
  readonly idempotencyKey: string | undefined
}

/** What a mock remembers of a request. */
export interface Heard extends MockRequest {
  /** What it was answered; 0 where a route failed or nothing fits. */
  readonly status: number
  /** The answer was an earlier one's, under the same key. */
  readonly repeated: boolean
}

export type RouteFunction = (request: MockRequest) => MockAnswer | Promise<MockAnswer>
export type Reply = MockAnswer | RouteFunction
/** Several replies are given one after the other; the last one stays. */
export type Route = Reply | readonly Reply[]

/** By method and path after the API's base: `GET /v1/customers/:id`, `ANY /files/*`. The first that fits is taken. */
export type Routes = Readonly<Record<string, Route>>
