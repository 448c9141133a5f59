// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import dev.parley.access.Refusal;
import dev.parley.db.Database;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals cursors: a page link may hold a name or a date by which it was sorted, and no content may
 * stand in a URL. The key is the database's, so every node reads every node's links; a link is
 * bound to who asked and to the rest of the query.
 */
final class CursorSeal {
  private static final int NONCE = 12;

  /** Looking for a provider of ciphers takes longer than sealing. */
  private static final ThreadLocal<Cipher> CIPHER = ThreadLocal.withInitial(CursorSeal::cipher);

  private final Database database;
  private final SecureRandom random = new SecureRandom();
  private volatile SecretKeySpec key;

  CursorSeal(Database database) {
    this.database = database;
  }

  String seal(Cursor cursor, String bound) {
    byte[] nonce = new byte[NONCE];
    random.nextBytes(nonce);
    try {
      byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce, bound).doFinal(cursor.bytes());
      byte[] all = Arrays.copyOf(nonce, NONCE + sealed.length);
      System.arraycopy(sealed, 0, all, NONCE, sealed.length);
      return Base64.getUrlEncoder().withoutPadding().encodeToString(all);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The cursor, if this server made it for this caller and query; else a refusal. */
  Cursor open(String text, String bound) {
    try {
      byte[] all = Base64.getUrlDecoder().decode(text);
      if (all.length > NONCE) {
        Cipher cipher = cipher(Cipher.DECRYPT_MODE, Arrays.copyOf(all, NONCE), bound);
        return Cursor.of(cipher.doFinal(all, NONCE, all.length - NONCE));
      }
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      // Answered below: it is not ours, or not for this search.
    }
    throw Refusal.of(
        410,
        "not-found",
        "page-link",
        "This page link does not belong to this search; search again");
  }

  private static Cipher cipher() {
    try {
      return Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private Cipher cipher(int mode, byte[] nonce, String bound) throws GeneralSecurityException {
    Cipher cipher = CIPHER.get();
    cipher.init(mode, key(), new GCMParameterSpec(128, nonce));
    cipher.updateAAD(bound.getBytes(StandardCharsets.UTF_8));
    return cipher;
  }

  private SecretKeySpec key() {
    SecretKeySpec known = key;
    if (known == null) {
      byte[] fresh = new byte[32];
      random.nextBytes(fresh);
      String stored =
          database.write(
              s -> {
                s.createNativeMutationQuery(
                        """
                        insert into parley_state (name, value) values ('page-link-key', :value)
                        on conflict (name) do nothing""")
                    .setParameter("value", Base64.getEncoder().encodeToString(fresh))
                    .executeUpdate();
                return s.createNativeQuery(
                        "select value from parley_state where name = 'page-link-key'", String.class)
                    .getSingleResult();
              });
      known = new SecretKeySpec(Base64.getDecoder().decode(stored), "AES");
      key = known;
    }
    return known;
  }
}
