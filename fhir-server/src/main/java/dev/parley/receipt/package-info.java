// SPDX-License-Identifier: Apache-2.0
/**
 * Who got, read and acknowledged a message, and what somebody has not read yet. A receipt is a row
 * of its own, never a version of the message.
 *
 * <pre>
 * ReceiptBook -- what the store and the feed ask
 *    annotation  ShownReceipts   rows of a page in one look-up, put into its text: MessageText
 *    readership  Unread          counters of all who are pushed to, in one statement
 *    arrivals    Arrivals        who got what, written a third of a second later, together
 * Receipts    -- the feature: ReceiptRule (a PUT of Medplum's client), ReadingOperations over Reading
 * </pre>
 *
 * <p>Every change of a receipt is an event of the log about the message as it stands, for its
 * sender and for the person's own other clients. docs/features/receipt.md is the page.
 */
package dev.parley.receipt;
