// SPDX-License-Identifier: Apache-2.0
/**
 * Files that messages carry: in and out as a stream, stored once, seen by whoever sees the message.
 *
 * <pre>
 * POST Binary  RawBinary -> Intake -> AttachmentStore      a chunk at a time, no transaction open
 *                              |  -> FileTypes             what it is, from its first bytes
 *                              |  -> Contents              once for each hash
 *                              +--> CallerStore.write      the Binary, AttachmentRule: its row
 * POST Communication              AttachmentRule           Binary.securityContext = the message
 * GET Binary   RawBinary -> CallerStore.download           who may, and the trail
 *                       -> AttachmentStore                 a chunk at a time
 * </pre>
 *
 * <p>A file is of one message: one that is sent on gets a Binary of its own over the same bytes.
 * {@link dev.parley.attachment.AttachmentJob} removes what nobody refers to.
 *
 * <p>Whoever counts on bytes holds their row of {@code attachment_content} (FOR SHARE) while it
 * writes its row of {@code attachment}; whoever removes bytes holds it alone, and looks for such
 * rows in a statement after that.
 */
package dev.parley.attachment;
