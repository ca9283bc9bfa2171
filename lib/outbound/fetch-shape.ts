/** A WHATWG `fetch`, and all that Sluice and the vendors' SDKs need of one. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>
