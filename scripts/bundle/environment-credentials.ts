/**
 * Stands in for `@aws-sdk/credential-provider-node` in the functions' bundles: Lambda gives a function its credentials
 * as environment variables and replaces the sandbox before they expire, so the chain of other sources is dead weight.
 */
export const defaultProvider = () => async () => {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env
  if (!accessKeyId || !secretAccessKey)
    throw new Error(
      'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: functions read credentials from there only',
    )
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}
