// SPDX-License-Identifier: Apache-2.0
package dev.parley.cipher;

import java.io.IOException;

/** Something is encrypted with a key that is not among those given; the message names its id. */
public final class UnknownKey extends IOException {
  UnknownKey(String id, boolean none) {
    super(
        none
            ? "it is encrypted with key " + id + ", and no key is given"
            : "it is encrypted with key " + id + ", which is not among those given");
  }
}
