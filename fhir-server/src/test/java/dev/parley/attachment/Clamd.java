// SPDX-License-Identifier: Apache-2.0
package dev.parley.attachment;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Speaks the INSTREAM command of ClamAV's daemon, and knows one signature. */
final class Clamd implements AutoCloseable {
  static final int LONGEST = 2_000_000;

  private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private volatile boolean away;
  private volatile int lastSize;

  Clamd() throws IOException {
    Thread thread = new Thread(this::serve, "clamd");
    thread.setDaemon(true);
    thread.start();
  }

  int port() {
    return listening.getLocalPort();
  }

  /** Takes connections and drops them, as a daemon that is just reloading does. */
  void away(boolean now) {
    away = now;
  }

  int lastSize() {
    return lastSize;
  }

  private void serve() {
    while (!listening.isClosed()) {
      try (Socket socket = listening.accept()) {
        if (!away) {
          answer(socket);
        }
      } catch (IOException e) {
        // The next one.
      }
    }
  }

  private void answer(Socket socket) throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    byte[] command = in.readNBytes(10);
    if (!new String(command, StandardCharsets.US_ASCII).equals("zINSTREAM\0")) {
      say(socket, "UNKNOWN COMMAND");
      return;
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int length = in.readInt(); length > 0; length = in.readInt()) {
      all.write(in.readNBytes(length));
      if (all.size() > LONGEST) {
        say(socket, "INSTREAM size limit exceeded. ERROR");
        return;
      }
    }
    lastSize = all.size();
    say(
        socket,
        all.toString(StandardCharsets.US_ASCII).contains("EICAR-STANDARD-ANTIVIRUS-TEST-FILE")
            ? "stream: Eicar-Signature FOUND"
            : "stream: OK");
  }

  private static void say(Socket socket, String answer) throws IOException {
    socket.getOutputStream().write((answer + "\0").getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
