import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectOwnership,
  type CfnBucket,
} from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { env, prefixes } from '#lib/config/names.ts'
import type { Plan } from '../plan.ts'
import type { GatewayFunction } from './gateway-function.ts'

type Prefix = keyof typeof prefixes

const actionOf = { read: 's3:GetObject', write: 's3:PutObject', delete: 's3:DeleteObject' } as const
type Access = keyof typeof actionOf

/** The bucket for large bodies, spilled envelopes and archived ones: private, encrypted by S3, and forgetting by itself. */
export class Objects extends Construct {
  readonly bucket: Bucket

  constructor(scope: Construct, id: string, plan: Plan) {
    super(scope, id)
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        {
          expiration: Duration.millis(plan.bucketLifetime),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    })
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Only the functions reach it, each by its own role; CloudTrail data events show more than server logs.',
    })
  }

  /** May do `access` to the objects under `prefix`. */
  lend(fn: GatewayFunction, prefix: Prefix, access: readonly Access[]): void {
    fn.permit({
      actions: access.map((each) => actionOf[each]),
      resources: [this.bucket.arnForObjects(`${prefixes[prefix]}*`)],
    })
    fn.setEnv({ [env.bucket]: this.bucket.bucketName })
    const bucket = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket)
    Validations.of(fn).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${bucket}.Arn>/${prefixes[prefix]}*]`,
      reason: 'Keys are made at run time; the permission ends at the prefix that this function works in.',
    })
  }

  /** May list keys, which are random; without it S3 answers "forbidden" for an object that does not exist. */
  lendListing(fn: GatewayFunction): void {
    fn.permit({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] })
  }
}
