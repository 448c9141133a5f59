// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The 64-bit numbers under which things are found.
 *
 * <p>{@code self} names a resource ("Patient/1"), {@code param} a search parameter of a type,
 * {@code value} a value; an index key is {@code param ^ value}. The reference {@code
 * Communication.sender = Patient/1} therefore has the key {@code param("Communication","sender") ^
 * self("Patient","1")}, and SQL can go from a row's self to the rows that refer to it and back.
 *
 * <p>Cut from SHA-256, because ids and codes are chosen by clients: nobody may be able to choose
 * two that meet.
 */
public final class Keys {
  private static final ThreadLocal<MessageDigest> SHA =
      ThreadLocal.withInitial(
          () -> {
            try {
              return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
              throw new IllegalStateException(e);
            }
          });

  private Keys() {}

  public static long of(String text) {
    return ByteBuffer.wrap(SHA.get().digest(text.getBytes(StandardCharsets.UTF_8))).getLong();
  }

  /** The key of a resource: the primary key of its row. */
  public static long self(String type, String id) {
    return of(type + "/" + id);
  }

  /**
   * The key of a search parameter of a type; variants like {@code status:missing} have their own.
   */
  public static long param(String type, String code) {
    return of(type + "?" + code);
  }
}
