import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
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
  }

  /** May do `access` to the objects under `prefix`. */
  lend(fn: GatewayFunction, prefix: Prefix, access: readonly Access[]): void {
    fn.permit({
      actions: access.map((each) => actionOf[each]),
      resources: [this.bucket.arnForObjects(`${prefixes[prefix]}*`)],
    })
    fn.setEnv({ [env.bucket]: this.bucket.bucketName })
  }

  /** May list the keys under `prefix`; this also tells a missing object from a forbidden one. */
  lendListing(fn: GatewayFunction, ...listed: readonly Prefix[]): void {
    fn.permit({
      actions: ['s3:ListBucket'],
      resources: [this.bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': listed.map((prefix) => `${prefixes[prefix]}*`) } },
    })
  }
}
