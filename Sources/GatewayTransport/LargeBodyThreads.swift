// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import NIOCore
import NIOPosix

/// The threads that work on large bodies, in the order in which they come.
package final class LargeBodyThreads: TaskExecutor {
    private let pool: NIOThreadPool

    /// Starts half as many threads as there are cores, at least one: event loops have the other half whatever comes.
    package init() {
        pool = NIOThreadPool(numberOfThreads: max(1, System.coreCount / 2))
        pool.start()
    }

    /// What sends work here.
    package var bodies: LargeBodies { LargeBodies(executor: self) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // A pool that is shut down calls at once, on the caller's thread: work is never lost.
        pool.submit { _ in job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Ends the threads once nothing is left to do.
    package func shutDown() async throws { try await pool.shutdownGracefully() }
}
