// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A thread for one piece of work that blocks for as long as it likes.
enum BlockingThread {
    fileprivate final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs the work in a new thread, which ends with it.
    ///
    /// - Returns: Whether the system had a thread to give; if not, nothing runs.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let work = Unmanaged.passRetained(Work(body)).toOpaque()
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        guard pthread_create(&thread, nil, runWork, work) == 0 else {
            Unmanaged<Work>.fromOpaque(work).release()
            return false
        }
        return true
    }
}

#if canImport(Darwin)
private func runWork(_ work: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? { run(work) }
#else
private func runWork(_ work: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? { work.flatMap { run($0) } }
#endif

private func run(_ work: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    // Nobody joins it.
    pthread_detach(pthread_self())
    Unmanaged<BlockingThread.Work>.fromOpaque(work).takeRetainedValue().body()
    return nil
}
