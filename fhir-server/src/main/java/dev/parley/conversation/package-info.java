// SPDX-License-Identifier: Apache-2.0
/**
 * What people may write into conversations: in their own name, where they take part, and what was
 * sent stays as it was sent. docs/features/conversation.md is the page.
 */
package dev.parley.conversation;
