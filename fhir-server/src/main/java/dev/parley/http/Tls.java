// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import dev.parley.config.Config;
import dev.parley.config.Config.WrongSettings;
import dev.parley.config.Setting;
import dev.parley.thread.DaemonThreads;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server's certificate: read at the start, and again when its files change. */
final class Tls implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Tls.class);
  private static final long LOOK_SECONDS = 5;
  private static final String IN_MEMORY = "in memory";

  private final Path certificate;
  private final Path key;
  private final String password;
  private final SslContextFactory.Server factory = new SslContextFactory.Server();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("parley-tls"));
  private List<FileTime> read;

  private Tls(Config config) {
    this.certificate = Path.of(config.text(Setting.PARLEY_TLS_CERTIFICATE));
    this.key =
        config.isSet(Setting.PARLEY_TLS_KEY) ? Path.of(config.text(Setting.PARLEY_TLS_KEY)) : null;
    this.password = config.text(Setting.PARLEY_TLS_PASSWORD);
  }

  /**
   * Null if the settings name no certificate.
   *
   * @throws WrongSettings if it cannot be read
   */
  static Tls of(Config config) {
    if (!config.isSet(Setting.PARLEY_TLS_CERTIFICATE)) {
      return null;
    }
    Tls tls = new Tls(config);
    try {
      tls.read = tls.times();
      tls.put(tls.factory, tls.load());
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw new WrongSettings(
          List.of(
              "PARLEY_TLS_CERTIFICATE: %s cannot be used: %s"
                  .formatted(tls.certificate, e.getMessage())));
    }
    tls.timer.scheduleWithFixedDelay(tls::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    return tls;
  }

  SslContextFactory.Server factory() {
    return factory;
  }

  private void put(SslContextFactory to, KeyStore store) {
    to.setKeyStore(store);
    to.setKeyStorePassword(key == null ? password : IN_MEMORY);
  }

  private KeyStore load() throws IOException, GeneralSecurityException {
    return key == null ? pkcs12() : pem();
  }

  private KeyStore pkcs12() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(certificate)) {
      store.load(in, password.toCharArray());
    }
    return store;
  }

  private KeyStore pem() throws IOException, GeneralSecurityException {
    List<Certificate> chain = new ArrayList<>();
    try (InputStream in = Files.newInputStream(certificate)) {
      chain.addAll(CertificateFactory.getInstance("X.509").generateCertificates(in));
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "parley", privateKey(), IN_MEMORY.toCharArray(), chain.toArray(Certificate[]::new));
    return store;
  }

  private PrivateKey privateKey() throws IOException, GeneralSecurityException {
    String text = Files.readString(key, StandardCharsets.US_ASCII);
    String base64 =
        text.replaceAll("(?s).*-----BEGIN PRIVATE KEY-----|-----END PRIVATE KEY-----.*|\\s", "");
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64));
    for (String algorithm : List.of("RSA", "EC")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        // The next kind, then.
      }
    }
    throw new InvalidKeySpecException("the key is neither RSA nor EC in PKCS8 form");
  }

  private List<FileTime> times() throws IOException {
    return key == null
        ? List.of(Files.getLastModifiedTime(certificate))
        : List.of(Files.getLastModifiedTime(certificate), Files.getLastModifiedTime(key));
  }

  /** What cannot be used, half written perhaps, leaves the old one in use until the next look. */
  private void look() {
    try {
      List<FileTime> now = times();
      if (!now.equals(read)) {
        KeyStore store = load();
        factory.reload(changed -> put(changed, store));
        read = now;
        LOG.info("The certificate was read anew");
      }
    } catch (Exception e) {
      LOG.warn("The certificate is not read anew: {}", e.toString());
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
