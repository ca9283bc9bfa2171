import { toSeconds } from '#lib/primitives/clock.ts'
import type { Sampler } from './sample.ts'

/**
 * An Events API callback; `url_verification` is the challenge that Slack sends when the address is entered.
 * @see https://docs.slack.dev/apis/events-api
 */
export const slack: Sampler = {
  defaultType: 'message',
  make({ type, at, chance }) {
    const eventTime = toSeconds(at)
    const token = chance.text(24)
    if (type === 'url_verification')
      return { body: { token, challenge: chance.text(52), type: 'url_verification' } }
    const team = `T${chance.text(10).toUpperCase()}`
    const user = `U${chance.text(10).toUpperCase()}`
    const channel = `C${chance.text(10).toUpperCase()}`
    const ts = `${eventTime}.${chance.integer(0, 999_999).toString().padStart(6, '0')}`
    const text = chance.pick(['The build is green again.', 'Who looks at the refunds?', 'Lunch at noon'])
    return {
      headers: { 'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)' },
      body: {
        token,
        team_id: team,
        api_app_id: `A${chance.text(10).toUpperCase()}`,
        event: { type, user, text, ts, channel, event_ts: ts, channel_type: 'channel' },
        type: 'event_callback',
        event_id: `Ev${chance.text(10).toUpperCase()}`,
        event_time: eventTime,
        authorizations: [{ team_id: team, user_id: user, is_bot: false }],
      },
    }
  },
}
