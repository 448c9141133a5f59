// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.postgres;

/** Tells a database that holds something from one that has only what its migrations wrote. */
public final class Holdings {
  /** A condition in SQL; the rows left out are those of V12 and V47, search parameters. */
  public static final String ANY =
      """
      exists (select from resource r join resource_type t on t.code = r.type
              where not (t.name = 'SearchParameter' and r.version = 1
                         and r.updated = '2026-11-23T00:00:00Z'))""";

  private Holdings() {}
}
