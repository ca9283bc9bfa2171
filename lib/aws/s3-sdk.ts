/** What Sluice uses of S3, and nothing else: the build makes this file a bundle of its own, loaded by `s3()` on first use. */
export {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
