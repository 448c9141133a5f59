// SPDX-License-Identifier: Apache-2.0
/**
 * Resources: written, read, found.
 *
 * <pre>
 * ResourceStore.as(caller) -> CallerStore
 *    write   ResourceWriter --- SearchIndexer: resource -> IndexValues --- write_resource (SQL)
 *    read    ResourceReader
 *    search  ResourceSearch --- SearchParser: query  -> SearchRequest (Criterion...)
 *                               SearchSql:    Criterion -> condition;  PageSql: -> statements of a page
 * </pre>
 *
 * <p><b>Tables</b> (V1__store.sql). Every name is a 64-bit key, {@code Keys.of(text)}:
 *
 * <pre>
 * resource  self = of("Communication/m1")            one row, the current version
 *           at, thread, updated                      what pages are ordered by
 *           keys[] = param ^ value                   what is equal or not; one GIN index
 * timeline  (who, type, at, self)                    whom it concerns, by date: inbox, compartment
 * string_value (param, value, self)                  what has an order: a row per value
 * date_value   (param, low, high, self)              [low, high); a point in time is resource.at alone
 * number_value (param, low, high, self, units[])
 * </pre>
 *
 * <p><b>Keys.</b> {@code param = of("Communication?sender")}; of a variant, {@code
 * of("Communication?sender:missing")}. A row has, for each value:
 *
 * <pre>
 * token      param ^ of("code"), of("system|code") or of("|code"), of("system|")   code in lower case
 *            :of-type ^ of("system|code|value"); :below ^ of("text"), of("text/plain") of a MIME type
 * reference  param ^ self of the target; elsewhere, urn: and canonicals param ^ of(url)
 *            :identifier ^ token forms; code "subject.name" for what a contained target holds
 * uri        param ^ of(uri), of(uri without |version); :below ^ of(each ancestor, each version prefix)
 * string     :exact ^ of(text as written)
 * composite  param ^ of(first form + "$") is the param of the second value
 * any        :missing ^ of("false") if present; references also ^ of("true") if absent;
 *            of a message only one of the two (SearchParam.presence)
 * date       :span ^ of("true") if the type's own date is more than a point in time
 * </pre>
 *
 * <p>Since a reference's key is {@code param ^ self}, SQL goes both ways without a table of links:
 *
 * <pre>
 * chain   r.keys &amp;&amp; array(select t.self # :param from resource t where ...)
 * _has    r.self in (select k # :param from resource c, unnest(c.keys) k where ...)
 * </pre>
 *
 * <p><b>Ways to a page</b> ({@link dev.parley.store.PageSql}): a thread (index on thread, at), one
 * owner's timeline, or what PostgreSQL chooses. The first two touch a page's rows and stop. Every
 * row that any of this looks at passes {@link dev.parley.store.Visibility}.
 */
package dev.parley.store;
