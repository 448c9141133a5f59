// SPDX-License-Identifier: Apache-2.0
/** The threads that work beside the requests. */
package dev.parley.thread;
