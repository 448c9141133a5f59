// SPDX-License-Identifier: Apache-2.0
/**
 * Tells people of messages that no client of theirs has got.
 *
 * <pre>
 * thread_message --trigger--> reach_due     in the transaction of the message
 *    Telling    (agenda, every 2 s)    who is to be told, how, when     -> reach_note
 *    Delivery   (agenda, every 2 s)    takes notes for a minute, looks again, sends: WebPush, Mail
 * </pre>
 *
 * <p>Both take rows in short transactions and send outside of them: an open one would hold up every
 * push of the feed. What is sent holds nothing of a message. docs/features/reach.md is the page.
 */
package dev.parley.reach;
