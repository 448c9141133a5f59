// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import dev.parley.launcher.client.Login;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * One kept-alive HTTP/1.1 connection over a blocking socket: the cheapest client there is, because
 * what it costs is taken from the server on the same machine. A library's client costs several
 * times as much.
 */
final class Wire implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 60_000;

  private final URI base;
  private final Login login;
  private final byte[] buffer = new byte[1 << 16];
  private Socket socket;
  private int at;
  private int end;

  /** A connection that is opened at the first request, to a server on this machine only. */
  Wire(URI base) {
    this(base, () -> Logins.token(base));
  }

  /** The same with a login of its own. */
  Wire(URI base, Login login) {
    this.base = base;
    this.login = login;
  }

  /**
   * An answer.
   *
   * @param location the Location header, or null
   */
  record Reply(int status, String location, String body) {}

  /**
   * One exchange.
   *
   * @param path absolute, or below the base
   * @param body FHIR JSON, or null
   * @param headers whole lines
   */
  Reply send(String method, String path, String body, String... headers) throws IOException {
    try {
      if (socket == null) {
        open();
      }
      write(method, path, body, headers);
      return read();
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  Reply get(String path) throws IOException {
    return send("GET", path, null);
  }

  private void open() throws IOException {
    InetAddress address = InetAddress.getByName(base.getHost());
    socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.connect(new InetSocketAddress(address, base.getPort()), 5_000);
    at = 0;
    end = 0;
  }

  private void write(String method, String path, String body, String... headers)
      throws IOException {
    StringBuilder head = new StringBuilder(body == null ? 256 : 320 + body.length());
    head.append(method).append(' ');
    if (!path.startsWith("/")) {
      head.append(base.getRawPath());
      if (!path.isEmpty()) {
        head.append('/');
      }
    }
    head.append(path).append(" HTTP/1.1\r\nHost: ").append(base.getRawAuthority());
    head.append("\r\nAccept: application/fhir+json\r\n");
    String token = login.get();
    if (token != null) {
      head.append("Authorization: Bearer ").append(token).append("\r\n");
    }
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    if (body != null) {
      head.append("Content-Type: application/fhir+json\r\nContent-Length: ");
      head.append(body.length()).append("\r\n");
    }
    head.append("\r\n");
    if (body != null) {
      head.append(body);
    }
    // What is sent is ASCII throughout, so characters are bytes.
    socket.getOutputStream().write(head.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  private Reply read() throws IOException {
    String line = line();
    int status = Integer.parseInt(line.substring(9, 12));
    int length = -1;
    boolean chunked = false;
    boolean close = false;
    String location = null;
    for (line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      String value = line.substring(colon + 1).strip();
      switch (line.substring(0, colon).toLowerCase(java.util.Locale.ROOT)) {
        case "content-length" -> length = Integer.parseInt(value);
        case "transfer-encoding" -> chunked = value.equalsIgnoreCase("chunked");
        case "connection" -> close = value.equalsIgnoreCase("close");
        case "location" -> location = value;
        default -> {}
      }
    }
    String body = chunked ? chunks() : length > 0 ? text(length) : "";
    if (close) {
      close();
    }
    return new Reply(status, location, body);
  }

  private String chunks() throws IOException {
    StringBuilder body = new StringBuilder();
    while (true) {
      String size = line();
      int extension = size.indexOf(';');
      int length = Integer.parseInt(extension < 0 ? size : size.substring(0, extension), 16);
      if (length > 0) {
        body.append(text(length));
      }
      line();
      if (length == 0) {
        return body.toString();
      }
    }
  }

  private String text(int length) throws IOException {
    byte[] bytes = new byte[length];
    int have = Math.min(length, end - at);
    System.arraycopy(buffer, at, bytes, 0, have);
    at += have;
    InputStream in = socket.getInputStream();
    while (have < length) {
      int read = in.read(bytes, have, length - have);
      if (read < 0) {
        throw new EOFException("the server closed the connection");
      }
      have += read;
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder(64);
    while (true) {
      if (at == end) {
        end = socket.getInputStream().read(buffer);
        at = 0;
        if (end <= 0) {
          end = 0;
          throw new EOFException("the server closed the connection");
        }
      }
      int c = buffer[at++] & 0xff;
      if (c == '\n') {
        return line.toString();
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
  }

  @Override
  public void close() {
    if (socket != null) {
      try {
        socket.close();
      } catch (IOException e) {
        // Nobody waits for anything on it.
      }
      socket = null;
    }
  }
}
