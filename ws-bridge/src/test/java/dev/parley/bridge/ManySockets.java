// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Thousands of sockets in one thread: opens them, says one thing on each, counts what comes. Runs
 * as a process of its own, because both ends of so many would not fit into one process's files.
 */
final class ManySockets implements AutoCloseable {
  private static final byte[] EVENT = "\"event-notification\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] HANDSHAKE = "\"handshake\"".getBytes(StandardCharsets.US_ASCII);

  final AtomicInteger open = new AtomicInteger();
  final AtomicInteger bound = new AtomicInteger();
  final AtomicLong events = new AtomicLong();
  private final Selector selector = Selector.open();
  private final List<SocketChannel> channels = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18);
  private final Thread reader = new Thread(this::read, "many-sockets");
  private volatile boolean closed;

  ManySockets() throws IOException {
    reader.setDaemon(true);
    reader.start();
  }

  /** Opens one, binds it with a text, and goes on without waiting for an answer. */
  void open(int port, String text) throws IOException {
    // Many loopback addresses: one alone has too few ports for all.
    String address = "127.0.0." + (1 + channels.size() % 8);
    SocketChannel channel = SocketChannel.open();
    channel.bind(new InetSocketAddress(address, 0));
    channel.connect(new InetSocketAddress("127.0.0.1", port));
    String upgrade =
        "GET /ws/subscriptions-r4 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                .formatted(port)
            + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    channel.write(ByteBuffer.wrap(upgrade.getBytes(StandardCharsets.US_ASCII)));
    ByteBuffer answer = ByteBuffer.allocate(1_024);
    while (!new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII)
        .contains("\r\n\r\n")) {
      if (channel.read(answer) < 0) {
        throw new IOException("refused");
      }
    }
    channel.write(frame(text));
    channel.configureBlocking(false);
    synchronized (this) {
      selector.wakeup();
      channel.register(selector, SelectionKey.OP_READ, new Tally());
    }
    channels.add(channel);
    open.incrementAndGet();
  }

  /** A masked text of at most 125 octets, or a longer one; the mask is zero. */
  private static ByteBuffer frame(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer frame = ByteBuffer.allocate(bytes.length + 8);
    frame.put((byte) 0x81);
    if (bytes.length < 126) {
      frame.put((byte) (0x80 | bytes.length));
    } else {
      frame.put((byte) (0x80 | 126)).putShort((short) bytes.length);
    }
    return frame.putInt(0).put(bytes).flip();
  }

  /** Finds the two words across reads. Pings are not answered: nothing here lasts so long. */
  private final class Tally {
    private int inEvent;
    private int inHandshake;

    void take(ByteBuffer data) {
      while (data.hasRemaining()) {
        byte b = data.get();
        inEvent = b == EVENT[inEvent] ? inEvent + 1 : b == EVENT[0] ? 1 : 0;
        inHandshake = b == HANDSHAKE[inHandshake] ? inHandshake + 1 : b == HANDSHAKE[0] ? 1 : 0;
        if (inEvent == EVENT.length) {
          inEvent = 0;
          events.incrementAndGet();
        }
        if (inHandshake == HANDSHAKE.length) {
          inHandshake = 0;
          bound.incrementAndGet();
        }
      }
    }
  }

  private void read() {
    while (!closed) {
      try {
        selector.select(50);
        synchronized (this) {
          // Whoever registers has the selector for a moment.
        }
        for (Iterator<SelectionKey> keys = selector.selectedKeys().iterator(); keys.hasNext(); ) {
          SelectionKey key = keys.next();
          keys.remove();
          read(key);
        }
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  private void read(SelectionKey key) throws IOException {
    buffer.clear();
    int count;
    try {
      count = ((SocketChannel) key.channel()).read(buffer);
    } catch (IOException e) {
      count = -1;
    }
    if (count < 0) {
      key.cancel();
      key.channel().close();
      open.decrementAndGet();
      return;
    }
    ((Tally) key.attachment()).take(buffer.flip());
  }

  /** Port and number; says "open bound events" again and again until its input ends. */
  public static void main(String[] args) throws IOException {
    try (ManySockets many = new ManySockets()) {
      for (int n = 1; n <= Integer.parseInt(args[1]); n++) {
        many.open(Integer.parseInt(args[0]), "bind-with-token: token-for-many-" + n);
      }
      while (System.in.available() == 0) {
        System.out.println(many.open + " " + many.bound + " " + many.events);
        java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
      }
    }
  }

  /** The process and what it last said. */
  static final class Remote implements AutoCloseable {
    private final Process process;
    private volatile long[] counts = new long[3];

    Remote(int port, int number) throws IOException {
      process =
          new ProcessBuilder(
                  System.getProperty("java.home") + "/bin/java",
                  "-Xmx512m",
                  "-cp",
                  System.getProperty("java.class.path"),
                  ManySockets.class.getName(),
                  String.valueOf(port),
                  String.valueOf(number))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      Thread listener = new Thread(this::listen);
      listener.setDaemon(true);
      listener.start();
    }

    private void listen() {
      try (java.io.BufferedReader lines = process.inputReader()) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          counts = java.util.Arrays.stream(line.split(" ")).mapToLong(Long::parseLong).toArray();
        }
      } catch (IOException e) {
        // The process was ended.
      }
    }

    long open() {
      return counts[0];
    }

    long bound() {
      return counts[1];
    }

    long events() {
      return counts[2];
    }

    @Override
    public void close() {
      process.destroy();
    }
  }

  @Override
  public void close() throws IOException {
    for (SocketChannel channel : channels) {
      channel.close();
    }
    closed = true;
    selector.wakeup();
  }
}
