// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.access.Scopes.Grant;
import dev.parley.store.CallerStore;
import dev.parley.store.Written;
import java.util.List;

/** What a write may tell of what stands there: no more than a read (E-6, E-8). */
final class Shown {
  private Shown() {}

  /** Whether the answer of a write may hold the resource; else it is as for return=minimal. */
  static boolean to(CallerStore mine, Written written) {
    String type = written.resource().type();
    boolean certain =
        switch (written.result()) {
          case EXISTED -> readsAll(mine.caller(), type);
          case CREATED ->
              readsWhatItWrites(mine.caller(), type, 'c')
                  && readsWhatItWrites(mine.caller(), type, 'u');
          case CHANGED -> readsWhatItWrites(mine.caller(), type, 'u');
        };
    return certain
        || mine.caller().scopes().allows(type, 'r')
            && mine.find(type, written.resource().id()).isPresent();
  }

  /**
   * Refuses a question about a resource that the caller may change, and perhaps not read.
   *
   * @throws Refusal 403
   */
  static void requireRead(Caller caller, String type) {
    caller.require(type, "r");
    if (!readsWhatItWrites(caller, type, 'u')) {
      throw Refusal.forbidden(
          "insufficient-scope", "The token's scopes do not let every %s be read".formatted(type));
    }
  }

  private static boolean readsAll(Caller caller, String type) {
    return caller.scopes().covering(type, 'r').stream()
        .anyMatch(grant -> !grant.context().equals("patient") && grant.query().isEmpty());
  }

  /** Whether each scope by which it can have been written lets it be read as well. */
  private static boolean readsWhatItWrites(Caller caller, String type, char letter) {
    List<Grant> writing = caller.scopes().covering(type, letter);
    return readsAll(caller, type)
        || caller.scopes().allows(type, 'r')
            && writing.stream().allMatch(grant -> grant.letters().indexOf('r') >= 0);
  }
}
