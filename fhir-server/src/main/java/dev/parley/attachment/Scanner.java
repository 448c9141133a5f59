// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import dev.parley.access.Refusal;
import dev.parley.attachment.Content.Scan;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks ClamAV's daemon about a file, by its INSTREAM command. */
final class Scanner {
  private static final Logger LOG = LoggerFactory.getLogger(Scanner.class);
  private static final int CONNECT_MILLIS = 3_000;
  private static final int ANSWER_MILLIS = 120_000;

  private final String host;
  private final int port;

  /**
   * @param address host:port; empty for none
   */
  Scanner(String address) {
    int colon = address.lastIndexOf(':');
    host = colon < 0 ? null : address.substring(0, colon);
    port = colon < 0 ? 0 : Integer.parseInt(address.substring(colon + 1));
  }

  /** Something that can write itself. */
  interface Source {
    void to(OutputStream out) throws IOException;
  }

  boolean isThere() {
    return host != null;
  }

  /** The state before anything was asked. */
  Scan first() {
    return isThere() ? Scan.PENDING : Scan.UNSCANNED;
  }

  /**
   * What it says; pending if it cannot be asked now.
   *
   * @throws Refusal 422 for a file that it does not look at: too long for it
   */
  Scan scan(Source source) {
    if (!isThere()) {
      return Scan.UNSCANNED;
    }
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
      socket.setSoTimeout(ANSWER_MILLIS);
      return verdict(answer(socket, source));
    } catch (IOException e) {
      LOG.warn("The virus scanner does not answer, files are held: {}", e.toString());
      return Scan.PENDING;
    }
  }

  private static String answer(Socket socket, Source source) throws IOException {
    IOException cut = null;
    try {
      DataOutputStream out =
          new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 1 << 16));
      out.write("zINSTREAM\0".getBytes(StandardCharsets.US_ASCII));
      source.to(chunks(out));
      out.writeInt(0);
      out.flush();
    } catch (IOException e) {
      // It may have closed its side early, having said why.
      cut = e;
    }
    InputStream in = socket.getInputStream();
    StringBuilder answer = new StringBuilder();
    try {
      for (int c = in.read(); c > 0 && answer.length() < 1000; c = in.read()) {
        answer.append((char) c);
      }
    } catch (IOException e) {
      throw cut == null ? e : cut;
    }
    if (answer.isEmpty()) {
      throw cut == null ? new IOException("no answer") : cut;
    }
    return answer.toString();
  }

  /** Each with its length before it. */
  private static OutputStream chunks(DataOutputStream out) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int from, int length) throws IOException {
        if (length > 0) {
          out.writeInt(length);
          out.write(bytes, from, length);
        }
      }
    };
  }

  private static Scan verdict(String answer) throws IOException {
    if (answer.endsWith(" FOUND")) {
      return Scan.INFECTED;
    }
    if (answer.endsWith(": OK")) {
      return Scan.CLEAN;
    }
    if (answer.contains("size limit exceeded")) {
      throw Refusal.unprocessable(
          "too-long",
          "attachment-not-scannable",
          "The file is longer than the virus scanner takes; raise StreamMaxLength there");
    }
    throw new IOException("the answer was " + answer);
  }
}
