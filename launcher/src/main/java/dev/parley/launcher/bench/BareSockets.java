// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.CloseStatus;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.FrameHandler;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.server.WebSocketUpgradeHandler;

/**
 * The limit of Jetty: frames of one text to every open socket, round by round, as soon as the round
 * before is written. A program of its own; it prints its port. {@code GET /fan?ROUNDS-BYTES} sends.
 */
public final class BareSockets {
  private static final Set<CoreSession> OPEN = ConcurrentHashMap.newKeySet();

  private BareSockets() {}

  public static void main(String[] arguments) throws Exception {
    ChildJvm.quiet();
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setAcceptQueueSize(4096);
    server.addConnector(connector);
    WebSocketUpgradeHandler sockets =
        new WebSocketUpgradeHandler(
            mappings -> mappings.addMapping("/ws", (request, response, callback) -> new Socket()));
    sockets.setHandler(new Fan());
    server.setHandler(sockets);
    server.start();
    System.out.println("port " + connector.getLocalPort());
  }

  private static final class Fan extends Handler.Abstract {
    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      String[] query = request.getHttpURI().getQuery().split("-");
      send(Integer.parseInt(query[0]), Integer.parseInt(query[1]));
      response.setStatus(200);
      callback.succeeded();
      return true;
    }

    private static void send(int rounds, int bytes) throws InterruptedException {
      byte[] text = "x".repeat(bytes).getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < rounds; i++) {
        List<CoreSession> all = List.copyOf(OPEN);
        CountDownLatch written = new CountDownLatch(all.size());
        Callback each = Callback.from(written::countDown, failure -> written.countDown());
        for (CoreSession session : all) {
          session.sendFrame(new Frame(OpCode.TEXT, ByteBuffer.wrap(text)), each, false);
        }
        if (!written.await(20, TimeUnit.SECONDS)) {
          throw new IllegalStateException("a round took too long");
        }
      }
    }
  }

  private static final class Socket implements FrameHandler {
    private CoreSession session;

    @Override
    public void onOpen(CoreSession session, Callback callback) {
      this.session = session;
      OPEN.add(session);
      callback.succeeded();
      session.demand();
    }

    @Override
    public void onFrame(Frame frame, Callback callback) {
      callback.succeeded();
      session.demand();
    }

    @Override
    public void onError(Throwable cause, Callback callback) {
      callback.succeeded();
    }

    @Override
    public void onClosed(CloseStatus status, Callback callback) {
      OPEN.remove(session);
      callback.succeeded();
    }
  }
}
