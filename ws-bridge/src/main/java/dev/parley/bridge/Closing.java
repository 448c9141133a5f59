// SPDX-License-Identifier: Apache-2.0
package dev.parley.bridge;

import jakarta.websocket.CloseReason;
import jakarta.websocket.CloseReason.CloseCodes;

/** Why the server closes a socket. The table is in docs/features/subscription.md. */
enum Closing {
  TOKEN(CloseCodes.VIOLATED_POLICY, "binding-token: fetch a new token and bind again"),
  LOGGED_OFF(CloseCodes.VIOLATED_POLICY, "logged-off: log in again"),
  TOO_MUCH(CloseCodes.VIOLATED_POLICY, "too-many-messages: slow down"),
  TOO_SLOW(CloseCodes.TRY_AGAIN_LATER, "too-slow: come back, nothing is lost"),
  FULL(CloseCodes.TRY_AGAIN_LATER, "too-many-sockets: come back later"),
  SILENT(CloseCodes.GOING_AWAY, "no-answer: pings stay unanswered"),
  AGAIN(CloseCodes.SERVICE_RESTART, "bind-again: come back and bind again"),
  STOPPING(CloseCodes.SERVICE_RESTART, "stopping: come back, nothing is lost");

  private final CloseReason reason;

  Closing(CloseReason.CloseCode code, String reason) {
    this.reason = new CloseReason(code, reason);
  }

  CloseReason reason() {
    return reason;
  }
}
