import { expect, test } from 'vitest'
import { identitiesOf, pseudoParameters } from '#infra/local/template/identities.ts'
import { resolver, resourcesOf, type Template } from '#infra/local/template/template.ts'

const url = 'http://127.0.0.1:1'
const addresses = {
  publicUrl: 'http://127.0.0.1:2',
  endpoints: {
    sqs: url,
    s3: url,
    dynamodb: url,
    secretsmanager: url,
    events: url,
    kms: url,
    cloudwatch: url,
  },
}
const template: Template = {
  Resources: {
    Events: { Type: 'AWS::SQS::Queue' },
    Api: { Type: 'AWS::ApiGatewayV2::Api' },
    Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'sluice-dev' } },
    Files: { Type: 'AWS::S3::Bucket' },
  },
}
const resolve = resolver(identitiesOf(template, addresses), pseudoParameters)

test.each([
  [{ Ref: 'Events' }, `${url}/000000000000/Events`],
  [{ 'Fn::GetAtt': ['Events', 'Arn'] }, 'arn:aws:sqs:us-east-1:000000000000:Events'],
  [{ 'Fn::GetAtt': 'Events.QueueName' }, 'Events'],
  [{ Ref: 'Bus' }, 'sluice-dev'],
  [{ Ref: 'Files' }, 'files'],
  [{ 'Fn::GetAtt': ['Files', 'Arn'] }, 'arn:aws:s3:::files'],
  [{ Ref: 'AWS::Region' }, 'us-east-1'],
  [
    { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Api', 'ApiEndpoint'] }, '/console']] },
    'http://127.0.0.1:2/console',
  ],
  [
    { 'Fn::Sub': 'a ${Bus} ${Events.Arn} ${!Literal}' },
    'a sluice-dev arn:aws:sqs:us-east-1:000000000000:Events ${!Literal}',
  ],
  [{ 'Fn::Sub': ['${own}-${Bus}', { own: { Ref: 'Files' } }] }, 'files-sluice-dev'],
  [{ nested: [{ Ref: 'Bus' }, 1, true, null] }, { nested: ['sluice-dev', 1, true, null] }],
  [{ kept: 1, left: { Ref: 'AWS::NoValue' } }, { kept: 1 }],
])('%j is resolved', (value, expected) => expect(resolve(value)).toEqual(expected))

test.each([
  [{ 'Fn::ImportValue': 'x' }, 'Fn::ImportValue'],
  [{ Ref: 'Nothing' }, 'Ref Nothing'],
  [{ 'Fn::GetAtt': ['Events', 'Colour'] }, 'Events.Colour'],
])('%j is refused by name', (value, name) => expect(() => resolve(value)).toThrow(name))

test('a resource of a type that was never heard of is refused by name: a gap must not be silent', () => {
  const strange: Template = { Resources: { X: { Type: 'AWS::MediaLive::Channel' } } }
  expect(() => identitiesOf(strange, addresses)).toThrow('AWS::MediaLive::Channel (X)')
})

test('names, ARNs and key ids are the same at every start, so the state is found again', () => {
  const all: Template = {
    Resources: { K: { Type: 'AWS::KMS::Key' }, S: { Type: 'AWS::SecretsManager::Secret' } },
  }
  expect(identitiesOf(all, addresses)).toEqual(identitiesOf(all, addresses))
  expect(identitiesOf(all, addresses).get('K')?.ref).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
})

test('resources are found by type', () => {
  expect(resourcesOf(template, 'AWS::Events::EventBus', resolve)).toEqual([
    { id: 'Bus', properties: { Name: 'sluice-dev' }, metadata: {} },
  ])
})
