// SPDX-License-Identifier: Apache-2.0
/**
 * The live engine: from a committed row to the clients that wait for it.
 *
 * <pre>
 *  commit --wake()--> EventTail --page--> Counting --Handover--> Binding --wake()--> Channel
 *            ^        (one thread)        | counts for all   (queue,  \          (socket, rest-hook)
 *   NOTIFY --+                            | subscriptions     cursor)  \
 *   from other processes                  v                             +--gap--> Backlog (4 readers)
 *                                      Ring, checkpoint                            ring, else log
 * </pre>
 *
 * Threads, and who may do what:
 *
 * <ul>
 *   <li>{@code parley-tail}: reads the log on a connection of its own and is the only one that
 *       counts, changes the index, or writes the ring. It never sends and never waits for a client.
 *       Work for it is given with {@code EventTail.execute}.
 *   <li>{@code parley-send} (2): wake channels in portions; a channel pulls from its bindings.
 *   <li>{@code parley-backlog} (4): read what clients missed, on pooled connections.
 *   <li>{@code parley-checkpoint}: once a second takes what changed, on the tail's thread, and
 *       writes it on a pooled connection.
 *   <li>{@code parley-listen}, {@code parley-notify}: wake-ups between processes, a connection each
 *       outside the pool. Nothing depends on them.
 * </ul>
 *
 * What must hold:
 *
 * <ul>
 *   <li>The tail takes no event at or above the horizon, the oldest transaction of the cluster that
 *       may still write. Under it nothing can appear any more.
 *   <li>Position = (era, transaction, sequence); transaction ids are compared as numbers within an
 *       era, and {@link dev.parley.feed.Era} begins a new one when the cluster is another.
 *   <li>A number is a pure function of the log: docs/decisions/0003-event-numbers.md.
 *   <li>A binding sends number n+1 after n or reads the log until it can. Joining, overflow,
 *       restart and a lost connection are all the same case: a gap between two numbers.
 * </ul>
 */
package dev.parley.feed;
