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
    /// Standard error, which everything is logged to.
    static let standardError = LogWriter(descriptor: STDERR_FILENO)

    private let descriptor: Int32
    private let thread = DispatchQueue(label: "gatehouse.log")
    private let waitingBytes = Atomic<Int>(0)
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

    /// Takes a line, without its end; never waits.
    func write(_ line: String) {
        var bytes = Array(line.utf8.prefix(Self.maximumLineBytes))
        if bytes.count < line.utf8.count { bytes += Array("...".utf8) }
        bytes.append(UInt8(ascii: "\n"))
        let count = bytes.count
        guard waitingBytes.add(count, ordering: .relaxed).newValue <= Self.maximumBytes else {
            waitingBytes.subtract(count, ordering: .relaxed)
            droppedLines.add(1, ordering: .relaxed)
            return
        }
        thread.async { [bytes] in
            if self.writeAll(bytes) { self.reportDropped() } else { self.droppedLines.add(1, ordering: .relaxed) }
            self.waitingBytes.subtract(count, ordering: .relaxed)
        }
    }

    /// Waits until what was logged before is written, for the end of the process; at most that many milliseconds.
    func flush(milliseconds: Int = 1000) {
        let written = DispatchSemaphore(value: 0)
        thread.async { written.signal() }
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
