// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.client;

import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.CompletionStage;

/** Puts what a socket receives into a queue, whole. */
final class Frames implements WebSocket.Listener {
  private final Queue<Frame> frames;
  private final StringBuilder part = new StringBuilder();

  /**
   * @param text of a message or the reason of the end; null for a pong
   * @param end the socket is closed
   */
  record Frame(String text, boolean end) {}

  Frames(Queue<Frame> frames) {
    this.frames = frames;
  }

  @Override
  public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
    part.append(data);
    if (last) {
      frames.add(new Frame(part.toString(), false));
      part.setLength(0);
    }
    socket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
    frames.add(new Frame(null, false));
    socket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
    frames.add(new Frame(reason.isEmpty() ? "code " + code : code + " " + reason, true));
    return null;
  }

  @Override
  public void onError(WebSocket socket, Throwable error) {
    frames.add(new Frame(String.valueOf(error.getMessage()), true));
  }
}
