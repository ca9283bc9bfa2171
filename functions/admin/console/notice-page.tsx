import type { Child } from 'hono/jsx'

interface WithAddress {
  /** Where this deployment is reached. */
  readonly address: string
}

const HowToGetIn = ({ address }: WithAddress) => (
  <>
    <p>
      On this machine, <code>npm start</code> prints a link that signs you in, once.
    </p>
    <p>Anywhere, whoever has the admin token can make one:</p>
    <code class="command">
      {`curl -X POST -H "Authorization: Bearer $SLUICE_ADMIN_TOKEN" ${address}/api/login-links`}
    </code>
    <p class="dim">A link works once and for one hour; a sign-in lasts twelve.</p>
  </>
)

interface NoticeProps {
  readonly title: string
  readonly children?: Child
}

/** A page that only says something. */
export const NoticePage = ({ title, children }: NoticeProps) => (
  <div class="empty narrow">
    <h1>{title}</h1>
    {children}
  </div>
)

export const SignedOutPage = ({ address, byIssuer }: WithAddress & { readonly byIssuer: boolean }) => (
  <NoticePage title="You are not signed in">
    {byIssuer && (
      <p>
        <a class="button" href="/console/sign-in">
          Sign in
        </a>
      </p>
    )}
    <HowToGetIn address={address} />
  </NoticePage>
)

export const BadLinkPage = ({
  kind,
  address,
}: WithAddress & { readonly kind: 'used' | 'expired' | 'invalid' }) => (
  <NoticePage
    title={
      {
        used: 'This link has been used',
        expired: 'This link has expired',
        invalid: 'This is not a login link',
      }[kind]
    }
  >
    {kind === 'used' && (
      <p>
        Each link signs in once. If that was you in this browser, <a href="/console">go on to the console</a>.
        If it was not you, change the admin token: that ends every session.
      </p>
    )}
    {kind === 'invalid' && (
      <p>It may have been cut off while copying, or the admin token has changed since.</p>
    )}
    <HowToGetIn address={address} />
  </NoticePage>
)
