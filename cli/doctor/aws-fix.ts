import { errorName } from '#lib/errors/sluice-error.ts'
import { plain } from '../text.ts'

/** What stands in the way of asking AWS, and what to do about it: for `unknown`, as nothing is known to be wrong. */
export function awsFix(error: unknown, action: string): [found: string, fix: string] {
  const name = errorName(error) ?? 'unknown'
  if (/AccessDenied|UnauthorizedOperation|NotAuthorized/i.test(name))
    return [
      `your AWS identity may not ${action}`,
      `allow it ${action}, or use a role that may: \`AWS_PROFILE=… npx sluice doctor\``,
    ]
  if (/Credential|Token|SignatureDoesNotMatch|InvalidClientTokenId/i.test(name))
    return [
      `AWS takes no credentials of this environment (${plain(name)})`,
      'sign in: `aws sso login`, or set AWS_PROFILE',
    ]
  if (/Region/i.test((error as Error).message ?? ''))
    return ['this environment names no region', 'set AWS_REGION to the region of the deployment']
  return [
    `AWS did not answer (${plain(name)})`,
    'run it again, with AWS_REGION and AWS_PROFILE of the deployment',
  ]
}
