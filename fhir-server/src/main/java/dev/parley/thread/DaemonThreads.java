// SPDX-License-Identifier: Apache-2.0
package dev.parley.thread;

import java.util.concurrent.ThreadFactory;

/**
 * Threads for work beside the requests: named for those who read a thread dump, and no reason for
 * the process to stay.
 */
public record DaemonThreads(String name) implements ThreadFactory {
  @Override
  public Thread newThread(Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }
}
