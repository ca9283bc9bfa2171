import type { CertificateScheme } from '../providers/scheme.ts'

/** What a sender is asked: whether these are its own words. */
export interface PostbackRequest {
  readonly provider: string
  readonly url: string
  /** The members beside the event, as the sender names them. */
  readonly facts: Readonly<Record<string, string>>
  /** The event, byte for byte. */
  readonly body: Uint8Array
}

/** `not_set_up`: the operator has given no credentials to ask with. */
export type PostbackAnswer = 'valid' | 'refused' | 'unavailable' | 'not_set_up'

/** Asks the sender itself, where its certificate can't be judged here. Never throws. */
export type Postback = (request: PostbackRequest) => Promise<PostbackAnswer>

export const noPostback: Postback = async () => 'not_set_up'

/** The address for a certificate of the sender's sandbox is another one. */
export const postbackUrl = ({ postback }: CertificateScheme, certificateUrl: string): string | undefined =>
  postback?.find(({ certificates }) => certificateUrl.startsWith(certificates))?.url
