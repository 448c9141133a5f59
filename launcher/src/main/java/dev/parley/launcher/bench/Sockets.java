// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Many WebSocket clients by hand, read by one thread: what they cost is taken from the server, so
 * frames are only cut out, not decoded.
 */
final class Sockets implements AutoCloseable {
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final byte[] NO_MASK = new byte[4];

  /** Hears of frames, on the reading thread. */
  interface Listener {
    /** A text or binary frame: bytes of a buffer that is used again. */
    void frame(int socket, byte[] bytes, int from, int length, long nanos);

    /** The connection is gone; code 0 if nobody said why. */
    void closed(int socket, int code);
  }

  private final InetSocketAddress address;
  private final byte[] request;
  private final Listener listener;
  private final Selector selector;
  private final Queue<Open> fresh = new ConcurrentLinkedQueue<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
  private final byte[] bytes = new byte[2 << 20];
  private volatile boolean closed;

  /** One connection; {@code rest} is the beginning of a frame that has not wholly arrived. */
  private static final class Open {
    final int number;
    final SocketChannel channel;
    byte[] rest = {};

    Open(int number, SocketChannel channel) {
      this.number = number;
      this.channel = channel;
    }
  }

  /**
   * @param path of the WebSocket endpoint, at the host and port of the address
   */
  Sockets(URI address, String path, Listener listener) throws IOException {
    this.address = new InetSocketAddress(address.getHost(), address.getPort());
    this.request =
        """
        GET %s HTTP/1.1
        Host: %s
        Upgrade: websocket
        Connection: Upgrade
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
        Sec-WebSocket-Version: 13

        """
            .formatted(path, address.getRawAuthority())
            .replace("\n", "\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    this.listener = listener;
    this.selector = Selector.open();
    Thread reader = new Thread(this::read, "bench-sockets");
    reader.setDaemon(true);
    reader.start();
  }

  /** Opens a socket and says something on it, if there is something to say. */
  void open(int number, String first) throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.connect(address);
      channel.write(ByteBuffer.wrap(request));
      String answer = head(channel);
      if (!answer.startsWith("HTTP/1.1 101")) {
        throw new IOException("no WebSocket: " + answer.lines().findFirst().orElse(answer));
      }
      if (first != null) {
        channel.write(text(first));
      }
      channel.configureBlocking(false);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    fresh.add(new Open(number, channel));
    selector.wakeup();
  }

  private static String head(SocketChannel channel) throws IOException {
    StringBuilder head = new StringBuilder();
    ByteBuffer one = ByteBuffer.allocate(1);
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      one.clear();
      if (channel.read(one) < 0) {
        throw new IOException("closed in the handshake: " + head);
      }
      head.append((char) one.get(0));
    }
    return head.toString();
  }

  /** Masked with zeroes: the frame's bytes are the text's. */
  private static ByteBuffer text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer frame = ByteBuffer.allocate(bytes.length + 8);
    frame.put((byte) 0x81);
    if (bytes.length < 126) {
      frame.put((byte) (0x80 | bytes.length));
    } else {
      frame.put((byte) (0x80 | 126)).putShort((short) bytes.length);
    }
    return frame.put(NO_MASK).put(bytes).flip();
  }

  private void read() {
    try (selector) {
      while (!closed) {
        selector.select(200);
        for (Open open = fresh.poll(); open != null; open = fresh.poll()) {
          open.channel.register(selector, SelectionKey.OP_READ, open);
        }
        Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
        while (ready.hasNext()) {
          SelectionKey key = ready.next();
          ready.remove();
          read((Open) key.attachment());
        }
      }
      for (SelectionKey key : selector.keys()) {
        key.channel().close();
      }
    } catch (IOException e) {
      throw new IllegalStateException("the sockets cannot be read", e);
    }
  }

  private void read(Open open) throws IOException {
    buffer.clear();
    int count;
    try {
      count = open.channel.read(buffer);
    } catch (IOException e) {
      count = -1;
    }
    if (count < 0) {
      end(open, 0);
      return;
    }
    long now = System.nanoTime();
    int end = open.rest.length;
    System.arraycopy(open.rest, 0, bytes, 0, end);
    buffer.flip();
    buffer.get(bytes, end, count);
    end += count;
    int from = 0;
    for (int next = frame(open, from, end, now); next > from; next = frame(open, from, end, now)) {
      from = next;
    }
    open.rest = from == end ? NOTHING : java.util.Arrays.copyOfRange(bytes, from, end);
  }

  private static final byte[] NOTHING = {};

  /** Takes the frame that begins here; where the next one begins, or here if it is not whole. */
  private int frame(Open open, int from, int end, long now) throws IOException {
    if (end - from < 2) {
      return from;
    }
    int length = bytes[from + 1] & 0x7f;
    int at = from + 2;
    if (length == 126) {
      if (end - at < 2) {
        return from;
      }
      length = (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
      at += 2;
    } else if (length == 127) {
      if (end - at < 8) {
        return from;
      }
      length = (int) ByteBuffer.wrap(bytes, at, 8).getLong();
      at += 8;
    }
    if (end - at < length) {
      return from;
    }
    int opcode = bytes[from] & 0x0f;
    if (opcode == CLOSE) {
      end(open, length < 2 ? 0 : (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff);
    } else if (opcode == PING) {
      open.channel.write(ByteBuffer.wrap(new byte[] {(byte) 0x8a, (byte) 0x80, 0, 0, 0, 0}));
    } else if (opcode < CLOSE) {
      listener.frame(open.number, bytes, at, length, now);
    }
    return at + length;
  }

  private void end(Open open, int code) throws IOException {
    if (open.channel.isOpen()) {
      open.channel.close();
      listener.closed(open.number, code);
    }
  }

  /** Drops all of them, as clients do whose network is gone. */
  @Override
  public void close() {
    closed = true;
    selector.wakeup();
  }
}
