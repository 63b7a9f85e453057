// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Dispatch
import Foundation
import GatewayJSON
import Synchronization

/// Writes lines to a descriptor on a thread of its own, so that nobody who logs ever waits for whoever reads.
///
/// What waits is bounded in bytes. Beyond the bound lines are dropped and counted; a line says how many, once there is room.
final class LogWriter: Sendable {
    /// Most bytes that wait for a reader.
    static let maximumBytes = 1 << 20
    /// The longest line; the rest of a longer one is cut off.
    static let maximumLineBytes = 16 << 10
    /// How long a line that is one of many waits for others: one write and one wake-up of the thread for all of them cost much less.
    private static let delay = DispatchTimeInterval.milliseconds(2)
    /// Standard error, which everything is logged to.
    static let standardError = LogWriter(descriptor: STDERR_FILENO)

    private struct State {
        /// Lines that wait for the thread, with their ends.
        var waiting: [UInt8] = []
        var waitingLines = 0
        /// How many bytes the thread is writing.
        var writing = 0
        /// Whether the thread is going to look at what waits, or is writing.
        var isScheduled = false
    }

    private let descriptor: Int32
    private let thread = DispatchQueue(label: "gatehouse.log")
    private let state = Mutex(State())
    private let droppedLines = Atomic<Int>(0)
    /// How many of ``droppedLines`` a line has told of.
    private let reportedLines = Atomic<Int>(0)
    private let writesJSON = Atomic<Bool>(false)

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Says how the lines are written, for the one that tells of dropped ones.
    func use(_ format: LogFormat) { writesJSON.store(format == .json, ordering: .relaxed) }

    /// Lines that were dropped so far.
    var dropped: Int { droppedLines.load(ordering: .relaxed) }

    /// Takes a line, without its end; never waits for a reader.
    ///
    /// `isOneOfMany` says that it need not be written at once.
    func write(_ line: String, isOneOfMany: Bool = false) {
        let bytes = line.utf8.prefix(Self.maximumLineBytes)
        let isWhole = bytes.endIndex == line.utf8.endIndex
        let mustSchedule = state.withLock { state -> Bool? in
            let total = state.waiting.count + state.writing + bytes.count
            guard total <= Self.maximumBytes else { return nil }
            state.waiting += bytes
            if !isWhole { state.waiting += Array("...".utf8) }
            state.waiting.append(UInt8(ascii: "\n"))
            state.waitingLines += 1
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        switch mustSchedule {
        case true where isOneOfMany: thread.asyncAfter(deadline: .now() + Self.delay) { self.writeWaiting() }
        case true: thread.async { self.writeWaiting() }
        case false: break
        case nil: droppedLines.add(1, ordering: .relaxed)
        }
    }

    /// Writes all that waits, in as few writes as the reader allows: while one is under way, lines gather for the next.
    private func writeWaiting() {
        while let (bytes, lines) = takeWaiting() {
            if writeAll(bytes) { reportDropped() } else { droppedLines.add(lines, ordering: .relaxed) }
        }
    }

    private func takeWaiting() -> (bytes: [UInt8], lines: Int)? {
        state.withLock { state in
            state.isScheduled = !state.waiting.isEmpty
            state.writing = state.waiting.count
            guard state.isScheduled else { return nil }
            defer { (state.waiting, state.waitingLines) = ([], 0) }
            return (state.waiting, state.waitingLines)
        }
    }

    /// Waits until what was logged before is written, for the end of the process; at most that many milliseconds.
    func flush(milliseconds: Int = 1000) {
        let written = DispatchSemaphore(value: 0)
        thread.async {
            self.writeWaiting()
            written.signal()
        }
        _ = written.wait(timeout: .now() + .milliseconds(milliseconds))
    }

    private func reportDropped() {
        let dropped = droppedLines.load(ordering: .relaxed)
        let new = dropped - reportedLines.exchange(dropped, ordering: .relaxed)
        guard new > 0 else { return }
        let message = "\(new) log lines were dropped, since standard error was not read fast enough"
        let line =
            writesJSON.load(ordering: .relaxed)
            ? LogFormat.line(level: "warning", message: message, logger: "gatehouse.log") { $0.member("dropped", new) }
            : message
        _ = writeAll(Array("\(line)\n".utf8))
    }

    /// Whether everything was written; waits as long as it takes.
    private func writeAll(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&poller, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
