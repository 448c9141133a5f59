// SPDX-License-Identifier: Apache-2.0

/**
 * What lies at rest outside the database, encrypted: a stream with a header, in segments.
 *
 * <pre>
 * "parley-1"   8 bytes
 * key id       8 bytes, {@link dev.parley.cipher.KeyRing}
 * Tink's AES256-GCM-HKDF stream: its header (salt and nonce), then segments of 64 KiB, each with a tag of its own
 * </pre>
 *
 * <p>A segment says which one it is and whether it is the last: a file that was cut, spliced or
 * rearranged does not decrypt. Each file has a key of its own, derived from the one given; its name
 * is authenticated with it, so that no file passes for another.
 */
package dev.parley.cipher;
