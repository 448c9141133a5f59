// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** Bytes as objects of a bucket, in whatever speaks S3. Long ones go in parts of 8 MB. */
final class S3Store implements AttachmentStore {
  private static final int PART = 8 << 20;

  private final S3Client client;
  private final String bucket;

  S3Store(Config config) {
    bucket = config.text(Setting.PARLEY_S3_BUCKET);
    client =
        S3Client.builder()
            .endpointOverride(URI.create(config.text(Setting.PARLEY_S3_URL)))
            .region(Region.of(config.text(Setting.PARLEY_S3_REGION)))
            .credentialsProvider(
                StaticCredentialsProvider.create(
                    AwsBasicCredentials.create(
                        config.text(Setting.PARLEY_S3_KEY), config.text(Setting.PARLEY_S3_SECRET))))
            .forcePathStyle(true)
            // Stores other than Amazon's do not know the newer checksums; ours is SHA-256 of all.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .build();
  }

  @Override
  public String kind() {
    return "s3";
  }

  @Override
  public Sink write(String name) {
    return new Parts(name);
  }

  private final class Parts implements Sink {
    private final String name;
    private final byte[] part = new byte[PART];
    private final List<CompletedPart> sent = new ArrayList<>();
    private int filled;
    private String upload;

    Parts(String name) {
      this.name = name;
    }

    @Override
    public void write(byte[] bytes, int length) throws IOException {
      for (int from = 0; from < length; ) {
        if (filled == PART) {
          send();
        }
        int some = Math.min(length - from, PART - filled);
        System.arraycopy(bytes, from, part, filled, some);
        filled += some;
        from += some;
      }
    }

    private void send() throws IOException {
      try {
        if (upload == null) {
          upload = client.createMultipartUpload(r -> r.bucket(bucket).key(name)).uploadId();
        }
        int number = sent.size() + 1;
        String etag =
            client
                .uploadPart(
                    r -> r.bucket(bucket).key(name).uploadId(upload).partNumber(number), body())
                .eTag();
        sent.add(CompletedPart.builder().partNumber(number).eTag(etag).build());
        filled = 0;
      } catch (SdkException e) {
        throw new IOException("a part is not stored", e);
      }
    }

    /** Without a copy of the part. */
    private RequestBody body() {
      int length = filled;
      return RequestBody.fromContentProvider(
          () -> new ByteArrayInputStream(part, 0, length), length, "application/octet-stream");
    }

    @Override
    public void finish() throws IOException {
      try {
        if (upload == null) {
          client.putObject(r -> r.bucket(bucket).key(name), body());
          return;
        }
        if (filled > 0) {
          send();
        }
        client.completeMultipartUpload(
            r -> r.bucket(bucket).key(name).uploadId(upload).multipartUpload(m -> m.parts(sent)));
      } catch (SdkException e) {
        throw new IOException("an object is not stored", e);
      }
    }

    @Override
    public void abort() {
      try {
        if (upload == null) {
          remove(name);
        } else {
          client.abortMultipartUpload(r -> r.bucket(bucket).key(name).uploadId(upload));
        }
      } catch (IOException | SdkException e) {
        // The bucket's rule for uploads that are not completed removes it.
      }
    }
  }

  @Override
  public void read(String name, long size, long from, long length, OutputStream to)
      throws IOException {
    String range = "bytes=%d-%d".formatted(from, from + length - 1);
    try (ResponseInputStream<GetObjectResponse> in =
        client.getObject(r -> r.bucket(bucket).key(name).range(range))) {
      if (in.transferTo(to) != length) {
        throw new IOException("an object is too short");
      }
    } catch (SdkException e) {
      throw new IOException("an object cannot be read", e);
    }
  }

  @Override
  public void remove(String name) throws IOException {
    try {
      client.deleteObject(r -> r.bucket(bucket).key(name));
    } catch (SdkException e) {
      throw new IOException("an object is not removed", e);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
